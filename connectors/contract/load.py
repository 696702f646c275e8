"""Reading contracts from ODCS v3 YAML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty
from pydantic import ValidationError
from yaml import YAMLError

from connectors.contract.lint import check, house_problems, parse
from connectors.contract.model import (
    EVERY_LAYOUT,
    Alias,
    Bounds,
    Column,
    Condition,
    Contract,
    Layout,
    Subject,
    Summary,
    Value,
)
from lake.errors import TerminalError

CONTRACTS = Path(__file__).parent.parent / "contracts"


@cache
def load_contract(contract_id: str, directory: Path = CONTRACTS) -> Contract:
    """The contract ``contract_id``; raises ``TerminalError`` if it is unknown or its file breaks a rule of lint."""
    path = directory / f"{contract_id}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in directory.glob("*.yaml")))
        raise TerminalError("contract.unknown", contract=contract_id, known=known)
    return read_contract(path)


def load_contracts(directory: Path = CONTRACTS) -> dict[str, Contract]:
    """All contracts, id to contract, in the order of their ids; raises ``TerminalError`` for a bad one."""
    return {path.stem: load_contract(path.stem, directory) for path in sorted(directory.glob("*.yaml"))}


def read_contract(path: Path) -> Contract:
    """The contract in ``path``; raises ``TerminalError`` with all problems found, each with its line."""
    document = _document(path)
    table = (document.schema_ or [])[0]
    settings = _custom(document)
    return Contract(
        id=str(document.id),
        title=str(document.name),
        version=str(document.version),
        description=str(document.description.purpose if document.description else ""),
        description_chinese=str(document.description.usage if document.description else ""),
        grain=str(table.dataGranularityDescription),
        columns=tuple(_column(entry) for entry in table.properties or []),
        layouts=tuple(_layout(entry) for entry in settings["layouts"]),
        business_key=tuple(settings["businessKey"]),
        version_order=tuple(settings["versionOrder"]),
        subjects=tuple(_subject(entry) for entry in settings["subjects"]),
        default_bounds=Bounds(**settings["defaultBounds"]),
        owner=settings["owner"],
        outlet=settings["outlet"],
        path=path,
        summary=_summary(settings.get("summary")),
        has_own_staging=settings.get("staging") == "own",
    )


def _document(path: Path) -> OpenDataContractStandard:
    # Validating against the JSON schema takes 0.1 s a file; the library's model and our own rules take a tenth of it.
    # So the schema is asked only for the wording, when these have found something.
    try:
        source = path.read_text(encoding="utf-8")
        document = parse(source)
        if not house_problems(path, source, document):
            return OpenDataContractStandard(**document)
        cause: Exception | None = None
    except (ValidationError, YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        cause = error
    problems = check(path)
    found = "\n".join(problem.localised() for problem in problems) or f"{path.name}: {cause}"
    raise TerminalError("contract.invalid", file=path.name, count=max(len(problems), 1), problems=found)


def _custom(element: Any) -> dict[str, Any]:
    return {str(entry.property): entry.value for entry in element.customProperties or []}


def _column(entry: SchemaProperty) -> Column:
    custom = _custom(entry)
    required = (EVERY_LAYOUT,) if entry.required else tuple(custom.get("requiredIn", ()))
    return Column(
        name=str(entry.name),
        header=str(entry.businessName),
        kind=custom["kind"],
        description=str(entry.description),
        description_chinese=custom["descriptionChinese"],
        sensitivity=str(entry.classification),
        defined_by=custom["definedBy"],
        aliases=tuple(_alias(synonym) for synonym in entry.synonyms or []),
        maximum_length=(entry.logicalTypeOptions or {}).get("maxLength"),
        values=tuple(
            Value(str(value.value), str(value.label), tuple(_custom(value).get("accepted", ())))
            for value in entry.enum or []
        ),
        unknown_value=custom.get("unknownValue", "note"),
        required_in=required,
        expected_in=tuple(custom.get("expectedIn", ())),
        required_when=_condition(custom.get("requiredWhen")),
        unit=custom.get("unit"),
        unit_when_bare=custom.get("unitWhenBare"),
        currency_column=custom.get("currencyColumn"),
        several_headers=custom.get("severalHeaders"),
        example=str(entry.examples[0]) if entry.examples else None,
    )


def _condition(entry: dict[str, Any] | None) -> Condition | None:
    return Condition(entry["column"], tuple(map(str, entry["values"]))) if entry else None


def _alias(synonym: Any) -> Alias:
    custom = _custom(synonym)
    return Alias(str(synonym.synonym), custom.get("note"), custom.get("alsoGives"))


def _layout(entry: dict[str, Any]) -> Layout:
    return Layout(
        name=entry["name"],
        title=entry["title"],
        recognised_by=tuple(entry.get("recognisedBy", ())),
        required_any_of=tuple(tuple(group) for group in entry.get("requiredAnyOf", ())),
        units=tuple(sorted(entry.get("units", {}).items())),
        codes=tuple((column, tuple(sorted(meant.items()))) for column, meant in sorted(entry.get("codes", {}).items())),
    )


def _subject(entry: dict[str, Any]) -> Subject:
    lists = {key: tuple(entry.get(key, ())) for key in ("region", "text")}
    return Subject(**{**entry, **lists})


def _summary(entry: dict[str, Any] | None) -> Summary | None:
    if entry is None:
        return None
    return Summary(**{part: tuple(named) if isinstance(named, list) else (named,) for part, named in entry.items()})
