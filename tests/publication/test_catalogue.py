"""Catalogue and data dictionary: every file and every column of the release, and nothing that is not so."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from urllib.parse import urljoin

from publication import show_release, verify_release
from publication.dataset import contract_column_texts, declared_public, load_datasets, model_column_texts
from tests.publication.conftest import Lake


def test_the_catalogue_names_every_file_with_its_size_and_digest(lake: Lake) -> None:
    first = lake.publish().version
    lake.change("update publicity.public_penalty set fine_amount_yuan = 1")
    lake.publish()
    manifest = show_release(lake.storage)
    folder = lake.file("catalogue.jsonld").parent
    catalogue = json.loads((folder / "catalogue.jsonld").read_bytes())
    assert (catalogue["@type"], catalogue["dcat:version"]) == ("dcat:Catalog", manifest.version)
    before = urljoin(f"{folder.as_uri()}/catalogue.jsonld", catalogue["dcat:previousVersion"]["@id"])
    assert before == f"{folder.parent.as_uri()}/{first}/catalogue.jsonld"
    found = {}
    for dataset in catalogue["dcat:dataset"]:
        for one in dataset["dcat:distribution"]:
            content = (folder / one["dcat:downloadURL"]["@id"]).read_bytes()
            assert one["dcat:byteSize"]["@value"] == str(len(content))
            digest = one["spdx:checksum"]["spdx:checksumValue"]["@value"]
            assert digest == hashlib.sha256(content).hexdigest()
            found[one["dct:title"]] = dataset["dct:identifier"]
    assert found == {file.path: file.dataset for file in manifest.files if file.dataset != "catalogue"}
    penalties = next(one for one in catalogue["dcat:dataset"] if one["dct:identifier"] == "public_penalty")
    assert penalties["dct:title"] == {"@value": "行政处罚信用公示", "@language": "zh"}
    assert verify_release(lake.storage).ok


def test_the_dictionary_names_every_released_column(lake: Lake) -> None:
    lake.publish()
    expected = [(one.id, column) for one in show_release(lake.storage).datasets for column in one.columns]
    found = json.loads(lake.file("data_dictionary.json").read_bytes())
    assert [(one["dataset"], one["name"], one["title"], one["type"], one["unit"]) for one in found] == [
        (dataset, column.name, column.title, column.type, column.unit) for dataset, column in expected
    ]
    with lake.file("data_dictionary.csv").open(encoding="utf-8-sig", newline="") as table:
        headers, *rows = csv.reader(table)
    assert headers == ["数据集", "列名", "英文名", "类型", "单位", "说明"]
    assert [row[2] for row in rows] == [column.name for _, column in expected]
    assert ["public_penalty", "罚款金额(元)", "fine_amount_yuan", "数字", "元"] in [row[:5] for row in rows]


def test_every_released_column_is_described_in_chinese_under_a_title_of_its_own() -> None:
    for dataset in load_datasets():
        own = model_column_texts(dataset)
        agreed = contract_column_texts(dataset.contract) if dataset.contract else {}
        public = [name for name in own if name in declared_public(own, agreed)]
        told = {name: agreed[name].description if name in agreed else own[name].description for name in public}
        assert [name for name, text in told.items() if not re.search("[一-龥]", text)] == [], dataset.id
        titles = [own[name].title for name in public]
        assert len(titles) == len(set(titles)), dataset.id


def test_a_changed_catalogue_is_named(lake: Lake) -> None:
    lake.publish()
    for name in ("catalogue.jsonld", "data_dictionary.csv"):
        lake.file(name).write_bytes(lake.file(name).read_bytes().replace(b"public_licence", b"public_licenze", 1))
    problems = verify_release(lake.storage).problems
    assert [problem.path.rsplit("/", 1)[1] for problem in problems] == ["catalogue.jsonld", "data_dictionary.csv"]
