"""Lines of JSON are read exactly, whichever decoder takes them."""

from __future__ import annotations

import pytest

from connectors.readers.json_blocks import block_columns
from connectors.readers.json_values import cell_text, names_of, read_object


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('{"a":"〔2025〕1号","b":0.50,"c":1E5,"d":123456789012345678901234567890,"e":true,"f":null}',
         ["〔2025〕1号", "0.50", "1E5", "123456789012345678901234567890", "true", None]),
        ('{"a" : 1.10, "b": "x\\":y"}', ["1.10", 'x":y']),
        ('{"a":{"b":1.0},"c":[1.50,"二"]}', ['{"b":1.0}', '[1.50,"二"]']),
        ('{"a":NaN,"b":"\\ud83d\\ude00"}', ["NaN", "😀"]),
    ],
)  # fmt: skip
def test_digits_stay_as_written(line: str, cells: list[str | None]) -> None:
    value = read_object(line.encode())
    assert [cell_text(cell) for cell in value.values()] == cells
    assert list(names_of(line.encode())) == list(value)


@pytest.mark.parametrize(
    "line", ['{"a":1,"a":2}', '{"a":1,"a" :2}', '{"a" :1,"b\\"":2,"a":3}', '{"a":1', '{"a":1}x', '{"a":01}', ""]
)
def test_a_name_that_occurs_twice_or_half_a_line_is_an_error(line: str) -> None:
    with pytest.raises(ValueError):
        read_object(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        '{"a":":12,","b":0.50}',
        '{"a":"\\\\":1,"b":"\\":2,"}',
        '{":12,b":1,"a":-0}',
        '{"a":1.2.3}',
        '{"a":01}',
        '{"a":-0.0,"b": true }',
        '{"a":"1","a":"2"}',
        '{"a":"1"}{"a":"2"}',
        '{"a":"\\ud800"}',
        '{"a":"\\ud83d\\ude00\\u0000"}',
        '{"a":NaN}',
        '{"a":[1]}',
        '{"a":"1"',
        '{"c":"1"}',
        '{"a":"1"\r,"b":2}',
        " ",
    ],
)
def test_a_line_read_within_a_block_is_what_it_is_by_itself_or_is_left_to_be_read_by_itself(line: str) -> None:
    names = ("a", "b", ":12,b")
    found = block_columns(('{"a":"甲"}\n' + line + '\r\n{"b":1E5}').encode(), names)
    if found is not None:
        value = read_object(line.encode())
        alone = [cell_text(value.get(name)) for name in names]
        assert [[column[1].as_py() for column in found]] == [alone]
        assert [column[0].as_py() for column in found] == ["甲", None, None]
        assert [column[2].as_py() for column in found] == [None, "1E5", None]


def test_flat_records_with_bare_numbers_are_read_as_a_block() -> None:
    found = block_columns(b'{"a":"x","b":1.10}\n{"a":null,"b":true}\n', ("a", "b"))
    assert found is not None
    assert [column.to_pylist() for column in found] == [["x", None], ["1.10", "true"]]
