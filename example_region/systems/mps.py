"""公安: cases that bureaus passed to the police, as JSON; what came of them comes later."""

from __future__ import annotations

import numpy as np

from example_region import authorities
from example_region.columns import choose, join, number, repeated, time_text
from example_region.enterprises import TODAY, person_names
from example_region.rows import Rows
from example_region.systems.common import WITH_CATEGORY, category, compact_date, impossible_date
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System


def _transfers(block: Block) -> Rows:
    """Cases passed over within the last weeks, none answered yet."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("party", without=WITH_CATEGORY)
    day = block.days("passed", 90) - 30
    return block.rows(
        {
            "transfer_number": join("沧市监移〔2025〕", number(block.keys), "号"),
            "case_name": block.words("case", "涉嫌销售假冒注册商标的商品案", "涉嫌虚假广告案", "涉嫌非法经营案"),
            "direction": repeated("行政移送公安", len(block)),
            "party_name": written.name,
            "party_uscc": written.uscc,
            "party_category": category(truth, enterprises),
            "suspect_name": person_names(draws, "suspect"),
            "suspected_offence": block.words("offence", "销售假冒注册商标的商品罪", "虚假广告罪", "非法经营罪"),
            "case_value_yuan": block.amounts("value", 10000, 900000),
            "sending_unit": authorities.named(enterprises.place, "市场监督管理局"),
            "receiving_unit": authorities.named(enterprises.place, "公安局"),
            "transfer_date": block.dates(day),
            "result": repeated("待反馈", len(block)),
            "result_document_number": repeated(None, len(block)),
            "result_date": repeated(None, len(block)),
            "source_updated_at": time_text((day + 1) * DAY),
        },
        truth,
    )


def _answered(_block: Block, rows: Rows) -> Rows:
    """Two in three are answered a month later, under the same numbers."""
    done = rows.take(np.flatnonzero(rows.keys // 64 % 3 != 0))
    count = len(done)
    is_opened = done.keys // 64 % 3 == 1
    done.columns["result"] = choose(is_opened, "立案侦查", "不予立案")
    done.columns["result_document_number"] = choose(is_opened, join("沧公立字〔2025〕", number(done.keys), "号"), None)
    done.columns["result_date"] = repeated("2025-11-25", count)
    done.columns["source_updated_at"] = time_text(np.full(count, (TODAY - 2) * DAY))
    return done


SYSTEM = System(
    "mps",
    (
        Feed(
            "case_transfer",
            _transfers,
            layout={
                "transfer_number": "transferNo",
                "case_name": "caseName",
                "direction": "direction",
                "party_name": "partyName",
                "party_uscc": "partyCode",
                "party_category": "partyType",
                "suspect_name": "suspect",
                "suspected_offence": "offence",
                "case_value_yuan": "amount",
                "sending_unit": "fromUnit",
                "receiving_unit": "toUnit",
                "transfer_date": "transferDate",
                "result": "result",
                "result_document_number": "resultNo",
                "result_date": "resultDate",
                "source_updated_at": "updateTime",
            },
            delivery=Files("案件移送", "json"),
            locator="transfer_number",
            later=_answered,
            dirt=(
                impossible_date("transfer_date"),
                compact_date("transfer_date"),
                Dirt("sender_missing", "sending_unit", None, reason="value_missing"),
                Dirt("direction_as_code", "direction", "1", "行政移送公安"),
                Dirt("amount_in_words", "case_value_yuan", "5.6万元", "56000.00"),
            ),
        ),
    ),
)
