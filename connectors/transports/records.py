"""A service's answer (JSON or XML, UTF-8 or GB18030) as records, each one line of JSON with its digits as written."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

import msgspec

from connectors.readers.decoding import decode_text, is_utf8
from connectors.readers.encodings import contradicted
from connectors.readers.json_values import cell_text, compact_json, read_json, read_object
from connectors.readers.xml_text import TEXT, element_name
from connectors.transports.errors import SystemRefusedError

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*?(?:encoding\s*=\s*[\"']([\w-]+)[\"'])?[^>]*\?>", re.IGNORECASE)
_DOCUMENT_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)")
_CHINESE = {"gb18030", "gbk", "gb2312", "gb-18030"}


class BrokenAnswerError(Exception):
    """The answer is not whole: asking again may help."""


@dataclass(frozen=True)
class Record:
    """One record: the line that is kept (with its line end)."""

    line: bytes

    @cached_property
    def value(self) -> Any:
        """What the line says."""
        return read_object(self.line)

    @property
    def digest(self) -> bytes:
        """16 bytes that tell this line from every other."""
        return sha256(self.line).digest()[:16]


@dataclass(frozen=True)
class Answer:
    """A document; ``listing`` is the list of records that was taken out of it, as text, None where it is still in it."""

    document: Any
    listing: Listing | None


@dataclass(frozen=True)
class Listing:
    """A list of records as it came, its ends among them, and what stands between."""

    text: bytes
    found: Sequence[msgspec.Raw]

    def records(self) -> list[Record]:
        """Each record on a line of its own; those that are not flat are written anew."""
        lines = [bytes(raw) for raw in self.found]
        if (
            self.text.count(b"[") > 1
            or self.text.count(b"{") != len(lines)
            or not all(line[:1] == b"{" for line in lines)
        ):
            return [Record(_line_of(line)) for line in lines]
        if b"\n" in self.text or b"\r" in self.text:
            lines = [_on_one_line(line) for line in lines]
        return [Record(line + b"\n") for line in lines]

    @property
    def digest(self) -> str:
        """What tells this list from every other (32 hexadecimal characters)."""
        return sha256(self.text).hexdigest()[:32]


def read_answer(body: bytes, kind: str, encoding: str | None, content_type: str, records: str) -> Answer:
    """The document in ``body``: for XML a mapping of element names to texts, mappings or lists of them.

    Raises ``BrokenAnswerError`` for a document that is cut off, ``TerminalError`` for XML with a document type.
    """
    try:
        if kind == "xml":
            return Answer(_read_xml(_text(body, encoding, content_type)), None)
        plain = body if _is_plain(body, encoding, content_type) else _text(body, encoding, content_type).encode()
        plain = plain.removeprefix(codecs.BOM_UTF8)
        return _read_quickly(plain, records) or Answer(read_json(plain.decode()), None)
    except (ValueError, ElementTree.ParseError) as error:
        raise BrokenAnswerError(str(error)) from error


def _read_quickly(body: bytes, path: str) -> Answer | None:
    """An answer whose list of records at ``path`` is only cut into its records, each as its bytes came; None for any other.

    What is around the list is read as ever, with an empty list in its place.
    """
    try:
        place: bytes | msgspec.Raw = body
        for name in filter(None, path.split(".")):
            place = msgspec.json.decode(place, type=dict[str, msgspec.Raw])[name]
        found = msgspec.json.decode(place, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return None
    listing = Listing(bytes(place), found)
    around = body.replace(listing.text, b"[]", 1)
    return Answer(read_json(around.decode("utf-8")), listing)


def _line_of(raw: bytes) -> bytes:
    """A record as it came, on one line; one that is not flat is written anew."""
    if not raw.startswith(b"{") or b"[" in raw or raw.count(b"{") > 1:
        return _line(read_json(raw.decode("utf-8")))
    return _on_one_line(raw) + b"\n"


def _on_one_line(raw: bytes) -> bytes:
    return raw.replace(b"\n", b" ").replace(b"\r", b" ")


def _is_plain(body: bytes, encoding: str | None, content_type: str) -> bool:
    """Whether an answer in JSON is UTF-8 already."""
    said = _CHARSET.search(content_type)
    return (encoding or (said[1] if said else "utf-8")).lower() in ("utf-8", "utf8") and is_utf8(body)


def _text(body: bytes, encoding: str | None, content_type: str) -> str:
    """As declared, as the answer says, else UTF-8 or, where it is none, GB18030; characters beyond help become U+FFFD."""
    said = _CHARSET.search(content_type) or _XML_DECLARATION.match(body[:200].decode("latin-1"))
    name = (encoding or (said.group(1) if said and said.group(1) else "utf-8")).lower()
    name = "gb18030" if name in _CHINESE else name
    name = name if encoding else contradicted(name, body) or name
    for candidate in (name, "gb18030"):
        try:
            return decode_text(body, candidate)
        except (UnicodeDecodeError, LookupError):
            if encoding:
                break
    return body.decode(name if name == "gb18030" else "utf-8", errors="replace")


def _read_xml(text: str) -> Any:
    """Elements as mappings; entities are refused whatever they are for: they can blow up, or read files."""
    if _DOCUMENT_TYPE.search(text):
        raise SystemRefusedError("transports.document_type")
    root = ElementTree.fromstring(_XML_DECLARATION.sub("", text.removeprefix("\ufeff"), count=1))
    return {_tag(root): _element(root)}


def _element(element: ElementTree.Element) -> Any:
    members: dict[str, Any] = {_name(key): value for key, value in element.attrib.items()}
    for child in element:
        name, value = _tag(child), _element(child)
        if name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    text = element.text if element.text and element.text.strip() else None
    if len(element) or not members:
        return members or text
    return _Leaf(members) if text is None else _Leaf({**members, TEXT: text})


class _Leaf(dict[str, Any]):
    """An element with attributes and at most a text, no elements."""


def _flat(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members of a record; what an element says beside its text (a type, a unit) is a member of its own."""
    for name, value in record.items():
        found = value if isinstance(value, list) else [value]
        if not any(isinstance(one, _Leaf) for one in found):
            yield name, value
            continue
        yield name, _one_or_all([one.get(TEXT) if isinstance(one, _Leaf) else one for one in found])
        keys = dict.fromkeys(key for one in found if isinstance(one, _Leaf) for key in one if key != TEXT)
        for key in keys:
            yield f"{name}@{key}", _one_or_all([one.get(key) for one in found if isinstance(one, _Leaf)])


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _tag(element: ElementTree.Element) -> str:
    space, _, name = element.tag.removeprefix("{").rpartition("}")
    return element_name(space, name, element.attrib)


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def at(document: Any, path: str) -> Any:
    """The value at a dotted ``path`` of names; None where there is none."""
    for name in filter(None, path.split(".")):
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def holds(document: Any, path: str, *, may_lack_last: bool) -> bool:
    """Whether ``document`` has something at ``path``; null on the way there is an empty page, not a wrong path.

    ``may_lack_last``: of XML, where no records at all leave no element behind.
    """
    names = [name for name in path.split(".") if name]
    for number, name in enumerate(names, start=1):
        if document is None:
            return True
        if not isinstance(document, dict):
            return False
        if name not in document:
            return may_lack_last and number == len(names)
        document = document[name]
    return True


def to_records(found: Any) -> list[Record]:
    """The records of a list, of a single record, or of nothing (null)."""
    if found is None:
        return []
    values = found if isinstance(found, list) else [found]
    return [Record(_line(value)) for value in values]


def _line(value: Any) -> bytes:
    """Nested values become text, so that no reader takes one for a table of its own."""
    if not isinstance(value, dict):
        return compact_json(value).encode("utf-8", "backslashreplace") + b"\n"
    cells = (f"{json.dumps(name, ensure_ascii=False)}:{_cell(item)}" for name, item in _flat(value))
    return ("{" + ",".join(cells) + "}").encode("utf-8", "backslashreplace") + b"\n"


def _cell(value: Any) -> str:
    return compact_json(cell_text(value) if isinstance(value, dict | list) else value)


def page_digest(records: Iterable[Record]) -> str:
    """One digest of a page's records in their order (32 hexadecimal characters)."""
    state = sha256()
    for record in records:
        state.update(record.line)
    return state.hexdigest()[:32]
