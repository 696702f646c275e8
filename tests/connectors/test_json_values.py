"""Lines of JSON are read exactly, whichever decoder takes them."""

from __future__ import annotations

import pytest

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
