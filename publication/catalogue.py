"""What a release says of itself to other catalogues and to whoever reads its columns: DCAT 3 and the data dictionary.

``catalogue.jsonld`` is W3C DCAT 3 (Recommendation of 22 August 2024) as JSON-LD; its links are relative to the release's folder,
so that it is true wherever the folder lies. ``data_dictionary.csv`` is for people, ``data_dictionary.json`` names types as
DuckDB does.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from lake.messages import text
from publication.manifest import FileFormat, ReleaseFile, sha256_of
from publication.parts import WHOLE
from publication.policy import PUBLIC_CHANNELS
from publication.releases import release_folder
from publication.render import BYTE_ORDER_MARK
from publication.staging import StagedFile, StagedRelease
from publication.workbook import dictionary_value

CATALOGUE = "catalogue"
DICTIONARY = "data_dictionary"
DICTIONARY_KEYS = ("title", "name", "type", "unit", "description")

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FORMATS: dict[FileFormat, tuple[str, str | None]] = {
    "parquet": ("Apache Parquet", "application/vnd.apache.parquet"),
    "jsonl": ("JSON Lines", None),
    "csv": ("CSV", "text/csv"),
    "xlsx": ("Office Open XML Workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "sqlite": ("SQLite 3", "application/vnd.sqlite3"),
    "json": ("JSON", "application/json"),
}
"""Name of a format and its media type, where IANA has registered one."""


def add_catalogue(staged: StagedRelease) -> None:
    """Put data dictionary and catalogue among the files of a release that is staged but for them; same files, same bytes."""
    columns = sum(len(dataset.columns) for dataset in staged.describe())
    _add(staged, DICTIONARY, "csv", columns, _dictionary_csv(staged))
    _add(staged, DICTIONARY, "json", columns, _json_bytes(_dictionary(staged)))
    _add(staged, CATALOGUE, "jsonld", len(staged.candidates), _json_bytes(_catalogue(staged)))


def _add(staged: StagedRelease, name: str, file_format: FileFormat, rows: int, content: bytes) -> None:
    digest = sha256_of(content)
    file = ReleaseFile(
        path=f"{name}.{file_format}", dataset=name, format=file_format, part=WHOLE, rows=rows, bytes=len(content),
        sha256=digest, schema_version="1", content_digest=digest, written_in=staged.version,
    )  # fmt: skip
    for held in staged.before.files if staged.before else ():
        if (held.path, held.sha256) == (file.path, digest):
            assert staged.before is not None
            staged.files.append(StagedFile(held, None, f"{release_folder(staged.before.version)}/{held.path}"))
            return
    local = staged.folder / file.path
    local.write_bytes(content)
    staged.files.append(StagedFile(file, local, None))


def _json_bytes(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _dictionary(staged: StagedRelease) -> list[dict[str, str | None]]:
    """One object per released column, in the order of datasets and columns."""
    return [
        {"dataset": dataset.id, "dataset_title": dataset.title, **column.model_dump(include=set(DICTIONARY_KEYS))}
        for dataset in staged.describe()
        for column in dataset.columns
    ]


def _dictionary_csv(staged: StagedRelease) -> bytes:
    """The dictionary under Chinese headers, as the dictionary sheet of a workbook has it."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    headers = (text(f"publication.dictionary_{key}", "zh") for key in DICTIONARY_KEYS)
    rows.writerow([text("publication.cover_dataset", "zh"), *headers])
    for dataset in staged.describe():
        rows.writerows(
            [dataset.id, *(dictionary_value(column, key) for key in DICTIONARY_KEYS)] for column in dataset.columns
        )
    return (BYTE_ORDER_MARK + table.getvalue()).encode()


def _catalogue(staged: StagedRelease) -> dict[str, Any]:
    """The release as ``dcat:Catalog``: a dataset per dataset and one for the dictionary, a distribution per file."""
    files = sorted((staged_file.file for staged_file in staged.files), key=lambda file: file.path)
    notes = [(one.dataset.id, one.dataset.title, one.dataset.source_note) for one in staged.candidates]
    dictionary = (DICTIONARY, text("publication.sheet_dictionary", "zh"), text("publication.dictionary_note", "zh"))
    is_public = any(
        set(PUBLIC_CHANNELS) & set(one.dataset.channels) for one in staged.candidates if one.dataset.contract
    )
    title = "publication.catalogue_title" if is_public else "publication.catalogue_title_departments"
    before = staged.before and {"dcat:previousVersion": {"@id": f"../{staged.before.version}/{CATALOGUE}.jsonld"}}
    return {
        "@context": _CONTEXT,
        "@id": f"{CATALOGUE}.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _chinese(text(title, "zh")),
        "dct:identifier": staged.version,
        "dct:issued": {"@value": staged.created_at.isoformat(), "@type": "xsd:dateTime"},
        "dcat:version": staged.version,
        **(before or {}),
        "dcat:dataset": [_dataset(*note, files) for note in (*notes, dictionary)],
    }


def _dataset(dataset: str, title: str, note: str, files: Sequence[ReleaseFile]) -> dict[str, Any]:
    return {
        "@id": f"{CATALOGUE}.jsonld#{dataset}",
        "@type": "dcat:Dataset",
        "dct:identifier": dataset,
        "dct:title": _chinese(title),
        "dct:description": _chinese(note),
        "dcat:distribution": [_distribution(file) for file in files if file.dataset == dataset],
    }


def _distribution(file: ReleaseFile) -> dict[str, Any]:
    name, media_type = _FORMATS[file.format]
    registered = f"https://www.iana.org/assignments/media-types/{media_type}"
    schema = f"{DICTIONARY}.json#{file.dataset}"
    return {
        "@id": f"{CATALOGUE}.jsonld#{file.path}",
        "@type": "dcat:Distribution",
        "dct:title": file.path,
        "dcat:accessURL": {"@id": file.path},
        "dcat:downloadURL": {"@id": file.path},
        "dct:format": {"@type": "dct:MediaTypeOrExtent", "rdfs:label": name},
        **({"dcat:mediaType": {"@id": registered}} if media_type else {}),
        "dcat:byteSize": {"@value": str(file.bytes), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": file.sha256, "@type": "xsd:hexBinary"},
        },
        **({} if file.dataset == DICTIONARY else {"dct:conformsTo": {"@id": schema, "@type": "dct:Standard"}}),
    }


def _chinese(words: str) -> dict[str, str]:
    return {"@value": words, "@language": "zh"}
