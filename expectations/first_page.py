"""First page of the check report: what the command line shows of a result, and every suite with a link to its page.

Great Expectations' own first page is drawn in the browser by programs from the web, and is empty on a machine without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import jinja2

from expectations.report import as_tables, summary
from expectations.result import CheckResult
from lake.messages import current_language, text

TEMPLATE = Path(__file__).parent / "first_page.html.j2"
INDEX = "index.html"


def write_first_page(folder: Path, result: CheckResult, suites: Mapping[str, tuple[int, int]]) -> None:
    """Write it into the site in ``folder``; ``suites`` by title: checks that passed and checks that did not.

    Raises ``FileNotFoundError`` when Great Expectations wrote no page for a suite.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        language="zh-CN" if current_language() == "zh" else "en",
        title=text("expectations.page_title"),
        run_id=result.run_id,
        summary=summary(result),
        tables=as_tables(result),
        suites_title=text("expectations.page_suites"),
        suite_headers=[text(f"expectations.column_{name}") for name in ("suite", "passed", "failed")],
        suites=[
            {"title": title, "passed": passed, "failed": missed, "link": _link(folder, title)}
            for title, (passed, missed) in suites.items()
        ],
    )
    (folder / INDEX).write_text(page, encoding="utf-8")


def _link(folder: Path, title: str) -> str:
    pages = sorted((folder / "validations" / title).rglob("*.html"))
    if not pages:
        raise FileNotFoundError(f"{folder / 'validations' / title}/*.html")
    return quote(pages[-1].relative_to(folder).as_posix())
