"""Checks of a contract's YAML, each problem with file, line and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from connectors.contract.header_key import header_key
from connectors.contract.model import DATE_KINDS, EVERY_LAYOUT, KINDS, LIST_KINDS, SENSITIVITIES, TEXT_KINDS
from connectors.contract.positions import Key, line_of
from lake.declarations import construct_mapping_once
from lake.messages import text

PERIODS = ("delivery", "day", "week", "month", "quarter", "year")
UNKNOWN_VALUE = ("note", "quarantine")
SEVERAL_HEADERS = ("first", "join")
COLUMN_PROPERTIES = {
    "kind", "descriptionChinese", "definedBy", "unit", "unitWhenBare", "requiredIn", "requiredWhen", "expectedIn",
    "unknownValue", "currencyColumn", "severalHeaders",
}  # fmt: skip
CONTRACT_PROPERTIES = {"layouts", "businessKey", "versionOrder", "subjects", "defaultBounds", "owner", "outlet"}
OPTIONAL_PROPERTIES = {"summary", "staging"}
STAGINGS = ("shared", "own")
SUMMARY_KINDS = {"number": TEXT_KINDS, "title": TEXT_KINDS, "authority": TEXT_KINDS, "state": TEXT_KINDS,
                 "date": (*DATE_KINDS, "timestamp"), "amount": ("amount",)}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What is wrong with a contract, where, and what to type; ``code`` is a key of the catalogue."""

    code: str
    file: str
    line: int
    parameters: dict[str, object] = field(default_factory=dict)

    def localised(self, language: str | None = None) -> str:
        """``file:line: sentence`` in ``language`` or in the current one."""
        return f"{self.file}:{self.line}: {text(self.code, language, **self.parameters)}"


Report = Callable[..., Problem]


class _Loader(yaml.CSafeLoader):
    """The C parser reads a contract ten times faster; a key written twice would silently win over the first one."""


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_mapping_once)


def parse(source: str) -> Any:
    """The YAML document in ``source``; raises ``yaml.YAMLError``."""
    return yaml.load(source, Loader=_Loader)


def check(path: Path) -> list[Problem]:
    """All problems of the contract in ``path``, in the order of their lines; empty if it is good."""
    try:
        source = path.read_text(encoding="utf-8")
        document = parse(source)
    except UnicodeDecodeError:
        return [Problem("contract.lint_yaml", path.name, 1, {"detail": text("declarations.not_utf8")})]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        detail = str(getattr(error, "problem", None) or error)
        return [Problem("contract.lint_yaml", path.name, mark.line + 1 if mark else 1, {"detail": detail})]
    report = _reporter(path, source)
    if not isinstance(document, dict):
        return [report("lint_yaml", (), detail="no mapping of keys to values")]
    problems = list(_against_standard(document, report))
    if not problems:
        problems = list(_against_house(document, path, report))
    return sorted(problems, key=lambda problem: problem.line)


def house_problems(path: Path, source: str, document: dict[str, Any]) -> list[Problem]:
    """Problems of ``document`` (what ``source`` in ``path`` says) that the standard does not know.

    Raises what a document outside the standard raises when it is read.
    """
    return list(_against_house(document, path, _reporter(path, source)))


def _reporter(path: Path, source: str) -> Report:
    def report(code: str, at: tuple[Key, ...], **parameters: object) -> Problem:
        return Problem(f"contract.{code}", path.name, line_of(source, at), parameters)

    return report


@cache
def _validator() -> jsonschema.Draft201909Validator:
    schema = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft201909Validator(json.loads(schema))


def _against_standard(document: dict[str, Any], report: Report) -> Iterator[Problem]:
    for error in _validator().iter_errors(document):
        where = "/".join(str(part) for part in error.absolute_path) or "(top)"
        yield report("lint_standard", tuple(error.absolute_path), where=where, detail=error.message[:200])


def _against_house(document: dict[str, Any], path: Path, report: Report) -> Iterator[Problem]:
    if document["id"] != path.stem:
        yield report("lint_id", ("id",), id=document["id"], expected=path.stem)
    tables = document.get("schema") or []
    if len(tables) != 1 or not tables[0].get("properties"):
        yield report("lint_no_columns", ("schema",))
        return
    settings = _custom(document)
    for name in sorted(CONTRACT_PROPERTIES - set(settings)):
        yield report("lint_setting_missing", ("customProperties",), name=name)
    known = CONTRACT_PROPERTIES | OPTIONAL_PROPERTIES
    for name in sorted(set(settings) - known):
        at = ("customProperties", _index(document["customProperties"], name))
        yield report("lint_setting_unknown", at, name=name, known=", ".join(sorted(known)))
    columns = tables[0]["properties"]
    names = [column.get("name") for column in columns]
    layouts = [layout.get("name") for layout in settings.get("layouts", [])]
    for position, column in enumerate(columns):
        yield from _column(column, ("schema", 0, "properties", position), names, layouts, report)
    yield from _headers(columns, report)
    if set(settings) >= CONTRACT_PROPERTIES:
        yield from _settings(document, settings, columns, report)
        yield from _summary(document, settings, columns, report)


def _custom(element: dict[str, Any]) -> dict[str, Any]:
    return {entry["property"]: entry["value"] for entry in element.get("customProperties") or []}


def _index(entries: list[dict[str, Any]], name: str) -> int:
    return next(number for number, entry in enumerate(entries) if entry.get("property") == name)


def _column(
    column: dict[str, Any], at: tuple[Key, ...], names: list[Any], layouts: list[Any], report: Report
) -> Iterator[Problem]:
    name, custom = column.get("name"), _custom(column)
    if names.count(name) > 1:
        yield report("lint_column_twice", at, column=name)
    for needed in ("businessName", "description", "classification", "logicalType"):
        if not column.get(needed):
            yield report("lint_column_lacks", at, column=name, name=needed)
    for needed in ("kind", "descriptionChinese", "definedBy"):
        if needed not in custom:
            yield report("lint_column_lacks", at, column=name, name=f"customProperties/{needed}")
    for given in sorted(set(custom) - COLUMN_PROPERTIES):
        yield report("lint_setting_unknown", at, name=given, known=", ".join(sorted(COLUMN_PROPERTIES)))
    yield from _choices(column, custom, at, report)
    for key in ("requiredIn", "expectedIn"):
        for layout in custom.get(key, []):
            if layout not in (*layouts, EVERY_LAYOUT):
                known = ", ".join(map(str, layouts))
                yield report("lint_layout_unknown", at, column=name, layout=layout, known=known)
    others = [custom["currencyColumn"]] if "currencyColumn" in custom else []
    others += [custom["requiredWhen"]["column"]] if "requiredWhen" in custom else []
    others += [_custom(synonym).get("alsoGives") for synonym in column.get("synonyms") or []]
    for other in others:
        if other is not None and other not in names:
            yield report("lint_column_unknown", at, name=other, used_in=name)


def _choices(column: dict[str, Any], custom: dict[str, Any], at: tuple[Key, ...], report: Report) -> Iterator[Problem]:
    allowed: list[tuple[str, object, tuple[str, ...]]] = [
        ("kind", custom.get("kind"), tuple(KINDS)),
        ("classification", column.get("classification"), SENSITIVITIES),
        ("unknownValue", custom.get("unknownValue"), UNKNOWN_VALUE),
        ("severalHeaders", custom.get("severalHeaders"), SEVERAL_HEADERS),
    ]
    for key, value, known in allowed:
        if value is not None and value not in known:
            yield report("lint_choice", at, column=column.get("name"), key=key, value=value, known=", ".join(known))
    values = column.get("enum") or []
    if custom.get("kind") in LIST_KINDS and not values:
        yield report("lint_list_empty", at, column=column.get("name"))
    spellings = [str(value["value"]) for value in values]
    spellings += [str(spelling) for value in values for spelling in _custom(value).get("accepted", [])]
    for bare in (one for value in values for one in _custom(value).get("accepted", []) if not isinstance(one, str)):
        # YAML reads a bare true, no or 1 as something else than the text that departments write.
        quoted = f"'{str(bare).lower()}'"
        yield report("lint_choice", at, column=column.get("name"), key="accepted", value=bare, known=quoted)
    for spelling in sorted({spelling for spelling in spellings if spellings.count(spelling) > 1}):
        yield report("lint_value_twice", at, column=column.get("name"), value=spelling)


def _headers(columns: list[dict[str, Any]], report: Report) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for position, column in enumerate(columns):
        headers = [column.get("businessName"), *(synonym["synonym"] for synonym in column.get("synonyms") or [])]
        for header in [column.get("name"), *headers]:
            name = str(column.get("name"))
            first = owner.setdefault(header_key(str(header)), name)
            if first != name:
                at: tuple[Key, ...] = ("schema", 0, "properties", position)
                yield report("lint_header_twice", at, header=header, column=name, other=first)


def _settings(
    document: dict[str, Any], settings: dict[str, Any], columns: list[dict[str, Any]], report: Report
) -> Iterator[Problem]:
    names = [column.get("name") for column in columns]

    def at(name: str) -> tuple[Key, ...]:
        return ("customProperties", _index(document["customProperties"], name))

    used: list[tuple[str, object]] = [("businessKey", name) for name in settings["businessKey"] if name != "system_id"]
    used += [("versionOrder", name) for name in settings["versionOrder"] if name != "content_digest"]
    for subject in settings["subjects"]:
        for value in (value for key, value in subject.items() if key != "role"):
            used += [("subjects", name) for name in (value if isinstance(value, list) else [value])]
    for layout in settings["layouts"]:
        used += [("layouts", name) for group in layout.get("requiredAnyOf", []) for name in group]
        used += [("layouts", name) for part in ("units", "codes") for name in layout.get(part, {})]
    for key, name in used:
        if name not in names:
            yield report("lint_column_unknown", at(key), name=name, used_in=key)
    lists = {column.get("name"): [str(value["value"]) for value in column.get("enum") or []] for column in columns}
    for layout in settings["layouts"]:
        for name, codes in layout.get("codes", {}).items():
            for value in set(codes.values()) - set(lists.get(name, codes.values())):
                known = ", ".join(lists[name])
                yield report("lint_choice", at("layouts"), column=name, key="codes", value=value, known=known)
    bounds = settings["defaultBounds"]
    whole = isinstance(bounds.get("minimum"), int) and isinstance(bounds.get("maximum"), int)
    if not whole or not 0 <= bounds["minimum"] <= bounds["maximum"] or bounds.get("period") not in PERIODS:
        yield report("lint_bounds", at("defaultBounds"), periods=", ".join(PERIODS))
    for earlier in settings["layouts"][:-1]:
        if not earlier.get("recognisedBy"):
            yield report("lint_layout_hides", at("layouts"), layout=earlier.get("name"))


def _summary(
    document: dict[str, Any], settings: dict[str, Any], columns: list[dict[str, Any]], report: Report
) -> Iterator[Problem]:
    """The staging and summary of a record type: known words, and columns of a kind that fits."""
    if settings.get("staging", STAGINGS[0]) not in STAGINGS:
        at: tuple[Key, ...] = ("customProperties", _index(document["customProperties"], "staging"))
        yield report("lint_choice", at, column="-", key="staging", value=settings["staging"], known=", ".join(STAGINGS))
    if "summary" not in settings:
        return
    at, summary = ("customProperties", _index(document["customProperties"], "summary")), settings["summary"]
    if not isinstance(summary, dict) or "title" not in summary:
        yield report("lint_setting_missing", at, name="summary/title")
        return
    kinds = {column.get("name"): _custom(column).get("kind") for column in columns}
    for part, named in summary.items():
        if part not in SUMMARY_KINDS:
            yield report("lint_setting_unknown", at, name=part, known=", ".join(SUMMARY_KINDS))
            continue
        for name in named if isinstance(named, list) else [named]:
            if name not in kinds:
                yield report("lint_column_unknown", at, name=name, used_in=f"summary/{part}")
            elif kinds[name] not in SUMMARY_KINDS[part]:
                known = ", ".join(SUMMARY_KINDS[part])
                yield report("lint_choice", at, column=name, key=f"summary/{part}", value=kinds[name], known=known)
