"""``python -m benchmarks.linkage.rarity``: how sure a name without its place is, by region and rarity.

Every registered name is written without its place, once as it is and once as if its enterprise were not registered. Right is
the share of names that the registry holds once; misled the share that leads to the one other enterprise of that name. The
confidence of the rows name_without_region in ``link_confidence.csv`` is read off the last column.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.linkage.fit import ABSENT_SHARE
from lake.progress import Silent
from linkage.matching import load_registry
from linkage.sheets import Sheet

_NAMES = """
create table name as
with places as (
    select
        uscc, {text} as written, substr(name_unplaced, 1, 2) as head, substr({text}, 3) as tail,
        name_branch is not null as is_branch,
        substr(division_code, 1, 2) as province,
        substr(division_code, 1, case when substr(division_code, 1, 2) in ('11', '12', '31', '50') then 2 else 4 end) as city
    from enterprise_name
    where length({text}) >= 4 and {text} <> name_key
)
select
    *, count(*) over (partition by head) * count(*) over (partition by tail) as common,
    (count(*) over (partition by head) - 1) * (count(*) over (partition by tail) - 1) as common_without,
    count(*) over (partition by written) as bearers,
    count(*) over (partition by written, province) as bearers_in_province,
    count(*) over (partition by written, province, city) as bearers_in_city
from places
"""
_STEPS = """
with judged as (
    select is_branch, floor(ln(greatest(common, 1))) as step, 1 as is_right from name where {right}
    union all
    select is_branch, floor(ln(greatest(common_without, 1))) as step, 0 as is_right from name where {misled}
)
select is_branch, step, sum(is_right) / {names} as rightly, sum(1 - is_right) / {names} as misled
from judged group by is_branch, step order by is_branch, step
"""
_EVIDENCE = {
    "city agrees": ("bearers = 1", "bearers = 2 and bearers_in_city = 2"),
    "province agrees": ("bearers = 1", "bearers = 2 and bearers_in_province = 2"),
    "no region": ("bearers = 1", "bearers = 2"),
    "city agrees, several elsewhere": (
        "bearers > 1 and bearers_in_province = 1",
        "bearers > 2 and bearers_in_province = 2 and bearers_in_city = 2",
    ),
}


def main() -> None:
    """Print one line per level of names, evidence, branch or not, and step of rarity (-ln of how common)."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    table = pq.read_table(parser.parse_args().registry, columns=["name", "uscc", "province", "city"])
    columns = {"name": "name", "code": "uscc", "province": "province", "city": "city"}
    with duckdb.connect() as connection:
        load_registry(connection, Sheet(table, columns), 2, Silent())
        for level, text in (("without region", "name_unplaced"), ("without region and form", "name_core")):
            connection.execute("drop table if exists name")
            connection.execute(_NAMES.format(text=text))
            for evidence in _EVIDENCE:
                _print(connection, level, evidence)


def _print(connection: duckdb.DuckDBPyConnection, level: str, evidence: str) -> None:
    right, misled = _EVIDENCE[evidence]
    counted = connection.execute("select count(*) from name").fetchone()
    steps = connection.execute(_STEPS.format(right=right, misled=misled, names=counted[0] if counted else 1)).fetchall()
    for is_branch, step, rightly, wrongly in steps:
        wrong = ABSENT_SHARE * wrongly
        confidence = 1 - wrong / max(wrong + (1 - ABSENT_SHARE) * rightly, 1e-12)
        kind = "branch" if is_branch else "head office"
        print(f"{level}\t{evidence}\t{kind}\t{-step:.0f}\t{rightly:.4f}\t{wrongly:.6f}\t{confidence:.5f}")


if __name__ == "__main__":
    main()
