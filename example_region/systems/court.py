"""失信被执行人: the whole list, asked page by page and slowly; persons among the bodies."""

from __future__ import annotations

from example_region.columns import choose, join, number, repeated
from example_region.rows import Rows
from example_region.systems.frame import Block, Dirt, Feed, Service, System
from example_region.systems.plain import category, updated


def _defaulters(block: Block) -> Rows:
    """Defaulters with code, organisation code or, of persons, a masked identity number."""
    enterprises = block.enterprises
    written, truth = block.subject(
        "subject", without=("registration_number_only", "code_in_other_column", "name_missing")
    )
    is_person = truth.kind == "natural_person"
    day = block.days("published", 700)
    place = block.words("court", "听涛区人民法院", "北滨区人民法院", "望澜区人民法院")
    return block.rows(
        {
            "entry_number": block.numbers("SX"),
            "subject_name": written.name,
            "subject_category": category(block, truth),
            "organisation_code": written.organisation_code,
            "uscc": written.uscc,
            "document_number": choose(is_person, repeated("990101********001X", len(block)), None),
            "legal_representative": choose(is_person, None, enterprises.operator),
            "decision_number": join("（2025）沧9901执", number(block.keys), "号"),
            "deciding_authority": place,
            "legal_basis": join("（2024）沧9901民初", number(block.keys), "号"),
            "listed_date": block.dates(day),
            "ground": block.words(
                "ground", "有履行能力而拒不履行生效法律文书确定义务", "违反财产报告制度", "违反限制消费令"
            ),
            "remark": block.words("performance", "全部未履行", "部分未履行"),
            "source_updated_at": updated(day + 1),
        },
        truth,
    )


SYSTEM = System(
    "court",
    (
        Feed(
            "list_entry",
            _defaulters,
            layout={
                "entry_number": "id",
                "subject_name": "iname",
                "subject_category": "partyType",
                "organisation_code": "orgCode",
                "uscc": "creditCode",
                "document_number": "cardNum",
                "legal_representative": "businessEntity",
                "decision_number": "caseCode",
                "deciding_authority": "courtName",
                "legal_basis": "gistId",
                "listed_date": "publishDate",
                "ground": "disruptType",
                "remark": "performance",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="entry_number",
            dirt=(
                Dirt("date_missing", "listed_date", None, reason="value_missing"),
                Dirt("date_chinese", "listed_date", "2025年3月4日", "2025-03-04"),
                Dirt("name_missing", "subject_name", "", reason="value_missing"),
                Dirt("placeholder", "ground", "无", None),
            ),
        ),
    ),
)
