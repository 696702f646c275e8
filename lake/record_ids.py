"""Ids of records: where a record stands in which bytes of which feed, the same whenever they are read."""

from __future__ import annotations

from hashlib import sha256

ID_CHARACTERS, PREFIX_CHARACTERS = 32, 20
ROW_CHARACTERS, INDEX_CHARACTERS = 8, 4


def id_prefix(system_id: str, contract_id: str, source_digest: str, table: int = 0) -> str:
    """The first 20 characters of the ids of a table's records: of the SHA-256 of feed, file and table (0 for the first)."""
    return sha256(f"{system_id}|{contract_id}|{source_digest}|{table}".encode()).hexdigest()[:PREFIX_CHARACTERS]


def record_id(prefix: str, row: int, index: int = 0) -> str:
    """An id of 32 hexadecimal characters: ``prefix``, row of the table, index of the record that the row gives."""
    return f"{prefix}{row:0{ROW_CHARACTERS}x}{index:0{INDEX_CHARACTERS}x}"
