"""The vocabulary of ``vocabulary.yaml``, compiled for one contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from connectors.contract.model import Contract
from lake.declarations import read_yaml

ATTRIBUTES = (
    "name", "uscc", "registration", "organisation", "tax", "institution", "social", "document_type", "document_number",
)  # fmt: skip

_SHORTEST_INITIALS = 3
_MOST_READINGS = 16


@dataclass(frozen=True)
class Meaning:
    """What a header says: the ``column``, the ``role`` and ``attribute`` where it is one of somebody's, a ``note``.

    ``is_weak``: the values must say so too; ``also``: the second column of a period. ``yields``: gives way to a header that
    says the column outright, and then means the column ``otherwise``, or nothing sure. So does what the values do not confirm.
    """

    column: str
    role: str | None = None
    attribute: str | None = None
    note: str | None = None
    is_weak: bool = False
    also: str | None = None
    yields: bool = False
    otherwise: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The headers of one contract: patterns in the order in which they are asked."""

    patterns: tuple[tuple[re.Pattern[str], Meaning], ...]
    columns_of_role: Mapping[tuple[str, str], str]
    vague: re.Pattern[str]
    others: re.Pattern[str]
    persons: re.Pattern[str]
    bodies: re.Pattern[str]
    not_party: re.Pattern[str]
    party_code: re.Pattern[str]
    bare: Mapping[str, re.Pattern[str]]
    numbered: Mapping[str, tuple[str, ...]]
    merged: Mapping[frozenset[str], str]
    widened: Mapping[str, str]
    cites_basis: frozenset[str]
    english: Mapping[str, str]
    initials: Mapping[str, tuple[str, ...]]

    def meaning(self, words: str) -> Meaning | None:
        """What ``words`` (tidied, without brackets) mean as a whole; None when they are not known."""
        return next((meaning for pattern, meaning in self.patterns if pattern.fullmatch(words)), None)

    def in_chinese(self, header: str) -> str | None:
        """An English header of known words (penalty_doc_no, date of decision) in Chinese, None where it has another one."""
        header = re.sub(r"^(.+?)[\s_]of[\s_](.+)$", r"\2 \1", header, flags=re.IGNORECASE)
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W_a-zA-Z\d]+", header)
        chinese = [self.english.get(word.lower()) for word in words]
        if not words or None in chinese:
            return None
        return re.sub("(?:决定书?)+决定书", "决定书", "".join(word or "" for word in chinese)) or None

    def by_initials(self, header: str) -> list[str]:
        """What a header of first letters (xzcfjdswh) may say in Chinese; nothing where some letters say nothing."""
        letters = re.sub(r"[_\W\d]", "", header.lower())
        if not letters.isascii() or len(letters) < _SHORTEST_INITIALS:
            return []
        readings: list[list[str]] = [[""], *([] for _ in letters)]
        for end in range(1, len(letters) + 1):
            for start in range(end):
                words = self.initials.get(letters[start:end], ())
                readings[end] += [before + word for before in readings[start] for word in words]
            readings[end] = readings[end][:_MOST_READINGS]
        return readings[-1]

    def attribute(self, words: str) -> str | None:
        """The attribute that ``words`` name without saying whose it is."""
        return next((name for name, pattern in self.bare.items() if pattern.fullmatch(words)), None)


@cache
def _document() -> dict[str, Any]:
    return read_yaml(Path(__file__).parent / "vocabulary.yaml")[0]


@cache
def vocabulary(contract: Contract) -> Vocabulary:
    """The vocabulary for ``contract``: forms of columns it does not have are left out."""
    document = _document()
    words = dict(document["words"])
    own = document["contracts"].get(contract.id, {})
    names = set(contract.column_names)
    roles = _roles(document, own, contract)
    patterns: list[tuple[re.Pattern[str], Meaning]] = []

    def add(forms: Iterable[str], meaning: Meaning) -> None:
        patterns.extend((re.compile(_expanded(form, words)), meaning) for form in forms)

    for column, forms in own.get("forms", {}).items():
        add(forms, Meaning(column))
    for columns, forms in own.get("periods", {}).items():
        first, second = columns.split("+")
        add(forms, Meaning(first, also=second))
    for column, notes in own.get("secondary", {}).items():
        for note, forms in notes.items():
            add(forms, Meaning(column, note=note))
    for columns, forms in own.get("yielding", {}).items():
        first, _, second = columns.partition("|")
        add(forms, Meaning(first, yields=True, otherwise=second or None))
    for form, meaning in _of_roles(roles):
        add([form], meaning)
    for attribute in ATTRIBUTES[1:]:
        column = roles["party"][1].get(attribute)
        if column is not None:
            add([f"{{{attribute}}}"], Meaning(column, None, attribute))
    for column, forms in document["forms"].items():
        if column in names:
            add(forms, Meaning(column))
    for columns, forms in (*own.get("weak", {}).items(), *document["weak"].items()):
        first, _, second = columns.partition("|")
        if first in names:
            add(forms, Meaning(first, is_weak=True, otherwise=second or None))
    return Vocabulary(
        patterns=tuple(patterns),
        columns_of_role={
            (role, key): column for role, (_, columns) in roles.items() for key, column in columns.items()
        },
        vague=re.compile("|".join(f"(?:{form})" for form in document["vague"])),
        others=re.compile(document["others"]),
        persons=re.compile(document["persons"]),
        bodies=re.compile(document["bodies"]),
        not_party=re.compile(f"{document['not_party']}|{document['others']}"),
        party_code=re.compile(_expanded("{party}?(?:证照|主体身份)?(?:代码|编码)", words)),
        bare={name: re.compile(_expanded(f"{{{name}}}", words)) for name in ATTRIBUTES},
        numbered={year: tuple(columns) for year, columns in document["numbered"].items()},
        merged={frozenset(pair.split("+")): column for pair, column in document["merged"].items()},
        widened=document["widened"],
        cites_basis=frozenset(document["cites_basis"]),
        english=document["english"],
        initials={letters: tuple(words) for letters, words in document["initials"].items()},
    )


def _of_roles(roles: Mapping[str, tuple[str, dict[str, str]]]) -> Iterator[tuple[str, Meaning]]:
    """The forms of what is somebody's: 处罚机关代码 is its credit code where the values say so."""
    for role, (said, columns) in roles.items():
        if role in ("authority", "source") and "uscc" in columns:
            yield f"(?:{said}){{code}}", Meaning(columns["uscc"], role, "uscc", is_weak=True)
        for attribute, column in columns.items():
            optional = "?" if attribute == "name" else ""
            yield f"(?:{said})(?:{{{attribute}}}){optional}", Meaning(column, role, attribute)


def _roles(
    document: Mapping[str, Any], own: Mapping[str, Any], contract: Contract
) -> dict[str, tuple[str, dict[str, str]]]:
    """Role to its words and its columns (attribute to column)."""
    names = set(contract.column_names)
    roles: dict[str, tuple[str, dict[str, str]]] = {}
    for role, entry in document["roles"].items():
        columns = {key: value[0] for key, value in entry.items() if key != "words" and value[0] in names}
        roles[role] = (entry["words"], columns)
    if len(contract.subjects) == 1:
        subject, columns = contract.subjects[0], roles["party"][1]
        given = {
            "name": subject.name,
            "uscc": subject.uscc,
            "registration": subject.registration_number,
            "organisation": subject.organisation_code,
        }
        columns |= {key: name for key, name in given.items() if name}
    else:
        roles["party"] = (roles["party"][0], {})
    if "authority" in own:
        columns = {"name": "authority_name", "uscc": "authority_uscc"}
        roles["authority"] = (own["authority"], {key: name for key, name in columns.items() if name in names})
    return roles


def _expanded(form: str, words: Mapping[str, str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"(?:{_expanded(words[name], words)})" if name in words else found.group(0)

    return re.sub(r"\{([a-z_]+)\}", replaced, form)
