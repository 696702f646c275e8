"""海关: penalties, seized goods and credit classes as XML envelopes."""

from __future__ import annotations

from example_region.columns import join, number
from example_region.rows import Rows
from example_region.systems.common import NAME_AND_CODE, NAME_NEEDED, compact_date
from example_region.systems.fines import Fines, fines_feed
from example_region.systems.frame import Block, Dirt, Feed, Files, System

_CUSTOMS = ("岚浦海关", "霁州海关", "苍陵海关")


_FINES = Fines(
    "沧关知罚〔2025〕",
    "《知识产权海关保护条例》",
    ("出口侵犯商标权货物", "进出口货物申报不实"),
    ("申报出口的货物侵犯商标专用权", "申报数量与实际不符"),
    most=900,
)


def _penalties(block: Block) -> Rows:
    return _FINES.rows(block, block.words("office", *_CUSTOMS))


def _seizures(block: Block) -> Rows:
    """Goods that infringe a right: the consignor and the holder of the right are different parties."""
    consignor, of_consignor = block.subject("consignor", without=NAME_AND_CODE)
    _, holder, of_holder = block.other_subject("right_holder", "holders", without=NAME_AND_CODE)
    day = block.days("seized", 700)
    return block.rows(
        {
            "seizure_number": join("沧关知扣〔2025〕", number(block.keys), "号"),
            "channel": block.words("channel", "出口", "出口", "进口", "跨境电商"),
            "consignor_name": consignor.name,
            "consignor_uscc": consignor.uscc,
            "goods_name": block.words("goods", "运动鞋", "手提包", "轴承", "玩具"),
            "quantity": number(block.draws.integers("quantity", 10, 9000)),
            "quantity_unit": block.words("unit", "双", "件", "套"),
            "goods_value_yuan": block.amounts("value", 1000, 900000),
            "ground": block.words("ground", "侵犯商标权", "侵犯专利权", "侵犯著作权"),
            "right_number": block.numbers("9", 7),
            "right_holder_name": holder.name,
            "right_holder_uscc": holder.uscc,
            "authority_name": block.words("office", *_CUSTOMS),
            "seizure_date": block.dates(day),
            "handling_state": block.words("state", "扣留", "没收", "放行"),
        },
        of_consignor,
        of_holder,
    )


def _classes(block: Block) -> Rows:
    """Classes given to registered enterprises."""
    written, truth = block.subject("enterprise", without=NAME_NEEDED)
    day = block.days("given", 1500)
    return block.rows(
        {
            "customs_registration_code": block.numbers("99", 8),
            "enterprise_name": written.name,
            "enterprise_uscc": written.uscc,
            "credit_class": block.words("class", "一般信用企业", "一般信用企业", "高级认证企业", "失信企业"),
            "authority_name": block.words("office", *_CUSTOMS),
            "effective_date": block.dates(day),
        },
        truth,
    )


SYSTEM = System(
    "customs",
    (
        fines_feed(
            _penalties,
            Files("海关处罚", "xml_envelope"),
            Dirt("ten_thousands", "fine_amount_yuan", "0.36", "3600.00"),
        ),
        Feed(
            "seizure",
            _seizures,
            layout={
                "seizure_number": "KL_WSH",
                "channel": "channel",
                "consignor_name": "FHR_MC",
                "consignor_uscc": "FHR_SHXYM",
                "goods_name": "HW_MC",
                "quantity": "HW_SL",
                "quantity_unit": "HW_DW",
                "goods_value_yuan": "HW_JZ",
                "ground": "KL_SY",
                "right_number": "right_no",
                "right_holder_name": "holder",
                "right_holder_uscc": "holder_code",
                "authority_name": "KL_JG",
                "seizure_date": "KL_RQ",
                "handling_state": "CL_ZT",
            },
            delivery=Files("知识产权扣留", "xml_envelope", parts=2),
            locator="seizure_number",
            dirt=(
                Dirt("goods_missing", "goods_name", None, reason="value_missing"),
                Dirt("channel_as_code", "channel", "E", "出口"),
                compact_date("seizure_date"),
                Dirt("sentinel_date", "seizure_date", "1900-1-1", reason="value_missing"),
            ),
        ),
        Feed(
            "customs_credit_class",
            _classes,
            layout={
                "customs_registration_code": "HG_BM",
                "enterprise_name": "QY_MC",
                "enterprise_uscc": "QY_SHXYM",
                "credit_class": "XY_DJ",
                "authority_name": "RD_HG",
                "effective_date": "RD_RQ",
            },
            delivery=Files("企业信用等级", "xml_envelope"),
            locator="customs_registration_code",
            dirt=(
                Dirt("class_unknown", "credit_class", "特级", reason="value_not_in_list"),
                Dirt("older_class", "credit_class", "AA类", "高级认证企业"),
                compact_date("effective_date"),
            ),
        ),
    ),
)
