"""The pages of the systems say what the declarations say."""

from pathlib import Path

import pytest

from connectors.source_pages import PAGES, ROOT, files

FILES = files()


@pytest.mark.parametrize("path", sorted(FILES), ids=str)
def test_a_page_is_what_its_declaration_says(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path], "run python -m connectors.source_pages"


def test_there_is_no_page_of_a_system_that_is_no_more() -> None:
    assert {PAGES / file.name for file in (ROOT / PAGES).glob("*.md")} == set(FILES)


def test_a_page_tells_what_to_set_and_what_is_sent() -> None:
    page = FILES[PAGES / "12315.md"]
    for said in ("`C12315_CLIENT_SECRET`", "page number", "`updateTime`", "投诉举报信息", "消费者权益保护科"):
        assert said in page
