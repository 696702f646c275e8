"""The identity models as SQL for DuckDB, without starting dbt: `match` runs the very SQL that the lake is built with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import jinja2

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


class _Return(Exception):  # noqa: N818
    """Carries the value of `return(…)` out of a macro, as dbt does."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


def project_folder() -> Path:
    """The dbt project: beside the packages in a checkout and in an installed wheel."""
    found = find_spec("linkage")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[1] / "dbt_project"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False)
    environment.globals["return"] = _raise
    environment.globals["adapter"] = _Adapter(environment.globals)
    for folder in ("engine", "identity"):
        for file in sorted((project_folder() / "macros" / folder).glob("*.sql")):
            for block in _MACRO.finditer(file.read_text(encoding="utf-8")):
                environment.globals[block.group(1)] = _macro(environment, block.group(1), block.group(0))
    return environment


def _raise(value: object) -> None:
    raise _Return(value)


class _Adapter:
    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def dispatch(self, name: str, package: str = "") -> Any:
        """The macro for DuckDB."""
        del package
        return self._names.get(f"duckdb__{name}") or self._names[f"default__{name}"]


def _macro(environment: jinja2.Environment, name: str, source: str) -> Callable[..., object]:
    template: list[jinja2.Template] = []

    def call(*arguments: object, **named: object) -> object:
        if not template:
            template.append(environment.from_string(source))
        try:
            return str(getattr(template[0].module, name)(*arguments, **named)).strip()
        except _Return as returned:
            return returned.value

    return call


def code_shape(column: str) -> str:
    """SQL expression: the code in ``column`` with look-alike characters made one, as the macro of that name says."""
    return cast("Callable[[str], str]", _environment().globals["code_shape"])(column)


def shown_name(name: str, uscc: str) -> str:
    """SQL expression: a registered name as it may be shown, a person's masked (macros ``is_personal_name``, ``masked_name``)."""
    is_personal, masked = (
        cast("Callable[..., str]", _environment().globals[macro]) for macro in ("is_personal_name", "masked_name")
    )
    return f"case when {is_personal(name, uscc)} then {masked(name)} else {name} end"


def slip_evidence() -> dict[str, str]:
    """Evidence on a slip: name -> SQL expression, as the macro of that name lists them."""
    listed = cast("Callable[[], dict[str, str]]", _environment().globals["slip_evidence"])
    return listed()


def slip_pairs() -> list[tuple[str, str]]:
    """Evidence on a slip that counts together, as the macro of that name lists it."""
    return _listed_pairs("slip_pairs")


def placeless_evidence() -> dict[str, str]:
    """Evidence on a name without its place: name -> SQL expression, as the macro of that name lists them."""
    listed = cast("Callable[[], dict[str, str]]", _environment().globals["placeless_evidence"])
    return listed()


def placeless_pairs() -> list[tuple[str, str]]:
    """Evidence on a name without its place that counts together, as the macro of that name lists it."""
    return _listed_pairs("placeless_pairs")


def _listed_pairs(macro: str) -> list[tuple[str, str]]:
    listed = cast("Callable[[], list[tuple[str, str]]]", _environment().globals[macro])
    return listed()


def weight_columns(evidence: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Columns of a seed of weights: the intercept, each piece of evidence, and what counts together."""
    return ["intercept", *evidence, *(f"{first}_and_{second}" for first, second in pairs)]


def render(model: str, **variables: object) -> str:
    """SQL of an identity model on a full build; `ref('x')` is the table x. Raises ``FileNotFoundError`` for no such model."""
    file = project_folder() / "models" / "identity" / f"{model}.sql"
    return (
        _environment()
        .from_string(file.read_text(encoding="utf-8"))
        .render(
            ref=lambda name: name,
            var=lambda name, default=None: variables.get(name, default),
            config=lambda **_: "",
            is_incremental=lambda: False,
            is_full_build=lambda: True,
            depends_on_affected=lambda _: "",
            link_scope=lambda *_: "",
            is_in_slice=lambda _: "true",
        )
    )
