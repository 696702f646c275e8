"""Corrected workbooks of a whole department: which record types their sheets hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import Contract
from connectors.ingest.corrections import CORRECTION_HEADER, correction_header, take_corrections
from connectors.readers import ReaderHints, open_tables
from lake.errors import CreditlakeError
from lake.storage import Storage


def corrected_record_types(storage: Storage, path: str, contracts: Mapping[str, Contract]) -> list[Contract]:
    """The contracts named beside the correction numbers of the sheets of the workbook at ``path``; none for other files."""
    if not path.lower().endswith(".xlsx"):
        return []
    known = {alias.text for contract in contracts.values() for column in contract.columns for alias in column.aliases}
    known |= {column.header for contract in contracts.values() for column in contract.columns}
    known |= {CORRECTION_HEADER, *(correction_header(contract.title) for contract in contracts.values())}
    with TemporaryDirectory(prefix="returned-") as folder:
        file = Path(folder) / "workbook.xlsx"
        try:
            with file.open("wb") as copy:
                copy.writelines(storage.chunks(path))
            hints = ReaderHints(known_headers=known, temporary_folder=Path(folder))
            sheets = [take_corrections(table.header) for table in open_tables(file, path, hints)]
        except (CreditlakeError, OSError):
            return []  # what is wrong with it is said when it lies in the folder of a feed
    named = [sheet for sheet in sheets if sheet.is_correction and sheet.record_type]
    return [one for one in contracts.values() if any(sheet.are_of(one.title) for sheet in named)]
