"""Files that are joined from columns of text hold what DuckDB's own writers would write, whatever stands in a cell."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from publication.manifest import ReleaseColumn
from publication.render import BYTE_ORDER_MARK, ROWS_OF_PART, PartTexts, write_csv, write_json_lines

_PLACES = ("{}", "{}词", "词{}词", "词{}")
_ODD = [chr(code) for code in range(1, 256)] + ["", "＝", "，", "\u2028", "\uffff", "😀", '","', "\r\n"]
_ROWS = """
create table cells as select unnest($texts) as text;
create table typed as
select text, case when length(text) % 3 > 0 then text end as sparse_text, null::varchar as no_text, '商贸' as plain,
    [text, null, '甲'] as listed, (row_number() over ()) % 2 = 0 as yes, date '2025-01-01' + (row_number() over ())::int as day,
    timestamptz '2025-11-01 23:59:59.5+08' as moment, timestamp '2025-11-01 23:59:59' as bare_moment,
    ((row_number() over ()) / 7)::decimal(20, 2) as yuan, (row_number() over ()) / 7 as share, row_number() over () as number
from cells
"""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Rows whose texts hold every character of one byte at every place, beside columns of all types."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    texts = [place.format(odd) for odd in _ODD for place in _PLACES]
    create, *rest = _ROWS.split(";")
    connection.execute(create, {"texts": texts})
    connection.execute(rest[0])
    return connection


def _columns(connection: duckdb.DuckDBPyConnection) -> list[ReleaseColumn]:
    found = connection.execute("describe typed").fetchall()
    return [ReleaseColumn(name=row[0], title=f"列{row[0]}", description="", type=row[1]) for row in found]


def _texts(connection: duckdb.DuckDBPyConnection, condition: str = "true") -> PartTexts:
    rows = connection.execute(f"select * from typed where {condition}").to_arrow_table()
    connection.register(ROWS_OF_PART, rows)
    return PartTexts(connection, rows, _columns(connection))


@pytest.mark.parametrize("condition", ["true", "text = '词a词'", "false"])
def test_json_lines_are_those_of_duckdb(connection: duckdb.DuckDBPyConnection, tmp_path: Path, condition: str) -> None:
    write_json_lines(_texts(connection, condition), tmp_path / "ours.jsonl")
    moments = (
        "day::varchar as day, strftime(timezone('Asia/Shanghai', moment), '%Y-%m-%dT%H:%M:%S+08:00') as moment, "
        "strftime(bare_moment, '%Y-%m-%dT%H:%M:%S') as bare_moment"
    )
    query = f"select * replace ({moments}) from {ROWS_OF_PART}"
    connection.execute(f"copy ({query}) to '{tmp_path}/theirs.jsonl' (format json)")
    assert (tmp_path / "ours.jsonl").read_bytes() == (tmp_path / "theirs.jsonl").read_bytes()


@pytest.mark.parametrize("condition", ["true", "text = '词a词'", "false"])
def test_csv_is_that_of_duckdb_with_marked_formulas(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, condition: str
) -> None:
    texts = _texts(connection, condition)
    write_csv(texts, tmp_path / "ours.csv")

    starts = "('=', '+', '-', '@', chr(9), chr(13), '＝', '＋', '－', '＠')"

    def guarded(text: str) -> str:
        return f"case when left({text}, 1) in {starts} then '''' || {text} else {text} end"

    values = {
        **{name: guarded(name) for name in ("text", "sparse_text", "no_text", "plain")},
        "listed": guarded("array_to_string(listed, ';')"),
        "yes": "case when yes then '是' else '否' end",
        "moment": "strftime(timezone('Asia/Shanghai', moment), '%Y-%m-%d %H:%M:%S')",
        "bare_moment": "strftime(bare_moment, '%Y-%m-%d %H:%M:%S')",
    }
    selected = ", ".join(f"{values.get(one.name, one.name)} as {one.title}" for one in texts.columns)
    connection.execute(f"copy (select {selected} from {ROWS_OF_PART}) to '{tmp_path}/theirs.csv' (format csv, header)")
    expected = BYTE_ORDER_MARK.encode() + (tmp_path / "theirs.csv").read_bytes()
    assert (tmp_path / "ours.csv").read_bytes() == expected
