"""``python -m benchmarks.linkage_scale``: linking of a whole region, and of one percent more records on its lake.

``--enterprises`` (100,000) and ``--records`` (twice as many) say how large the region is; 10,000,000 and 20,000,000 are what a
province would send, and need some 40 GB of disk and as much for what spills. The lake lies in ``--folder`` (a temporary one,
removed at the end). Records come from the example region's generator through the contracts' checks straight into bronze; then
they are read and linked by the models that a build runs. Ends with code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.watched import measured

LARGEST_MEMORY = 12_000.0
"""Megabytes resident in all processes (issue: the right enterprise)."""
LARGEST_SHARE = 0.05
"""One percent more records, of the time of all, start-up of the tools apart."""
STEPS = ("deliver", "link", "deliver_more", "link_more")


def main() -> int:
    """Run the steps one after the other, print what each took, and say which bounds held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enterprises", type=int, default=100_000)
    parser.add_argument("--records", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--memory", type=int, default=4_000, help="megabytes that DuckDB may take before it spills")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-linkage-scale-") as name:
        lake = (given.folder or Path(name)).absolute() / "lake"
        records = given.records or 2 * given.enterprises
        found: dict[str, Any] = {}
        for step in STEPS:
            arguments = (step, str(lake), str(given.memory), str(given.enterprises), str(records))
            found[step] = measured(sys.executable, "benchmarks.linkage_scale.measured", *arguments)
            print(f"{step}: {json.dumps(found[step], ensure_ascii=False)}", flush=True)
    return _judge(found)


def _judge(found: dict[str, Any]) -> int:
    share = found["link_more"]["seconds"] / found["link"]["seconds"]
    peak = max(found[step]["peak_megabytes"] for step in STEPS)
    verdicts = {
        f"one percent more records: {share:.3f} of a full link (below {LARGEST_SHARE})": share < LARGEST_SHARE,
        f"peak {peak:,.0f} MB (below {LARGEST_MEMORY:,.0f})": peak < LARGEST_MEMORY,
    }
    for text, holds in verdicts.items():
        print(f"{'holds' if holds else 'FAILS'}: {text}")
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
