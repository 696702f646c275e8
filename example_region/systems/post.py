"""邮政、快递: courier licences and penalties, contract customers, empty parcels, seizures, as XML envelopes over SFTP."""

from __future__ import annotations

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated, time_text
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.systems.common import (
    NAME_AND_CODE,
    NAME_NEEDED,
    WITH_CATEGORY,
    category,
    chinese_date,
    compact_date,
    impossible_date,
    placeholder,
)
from example_region.systems.fines import Fines, fines_feed
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System

_OFFICE = "邮政管理局"


def _licences(block: Block) -> Rows:
    """Licences of couriers, in the field codes of 双公示."""
    enterprises = block.enterprises
    written, truth = block.subject("counterpart", without=NAME_NEEDED)
    day = block.days("decided", 900)
    count = len(block)
    return block.rows(
        {
            "counterpart_name": written.name,
            "counterpart_category": category(truth, enterprises),
            "uscc": written.uscc,
            "decision_number": join("沧邮许〔2025〕", number(block.keys), "号"),
            "decision_document_name": repeated("快递业务经营许可决定书", count),
            "licence_category": repeated("普通", count),
            "certificate_name": repeated("快递业务经营许可证", count),
            "licence_number": block.numbers("邮"),
            "licence_content": repeated("准予经营快递业务", count),
            "decision_date": block.dates(day),
            "valid_from_date": block.dates(day),
            "valid_to_date": block.dates(day + 1826),
            "authority_name": authorities.named(enterprises.place, _OFFICE),
            "source_updated_at": time_text((day + 2) * DAY),
        },
        truth,
    )


_FINES = Fines(
    "沧邮罚〔2025〕",
    "《快递暂行条例》",
    ("未按规定实名收寄", "未按规定验视", "未经许可经营快递业务"),
    ("收寄时未查验身份", "未开箱验视即收寄"),
    most=500,
)


def _penalties(block: Block) -> Rows:
    return _FINES.rows(block, authorities.named(block.enterprises.place, _OFFICE))


def _customers(block: Block) -> Rows:
    """Whom couriers have contracts with, and whether they checked them."""
    enterprises = block.enterprises
    written, truth = block.subject("customer", without=WITH_CATEGORY)
    _, courier, of_courier = block.other_subject("courier", "couriers", without=NAME_NEEDED)
    day = block.days("signed", 500)
    return block.rows(
        {
            "contract_number": block.numbers("XY"),
            "courier_name": courier.name,
            "courier_uscc": courier.uscc,
            "customer_name": written.name,
            "customer_uscc": written.uscc,
            "customer_category": category(truth, enterprises),
            "customer_address": enterprises.address,
            "contract_date": block.dates(day),
            "valid_until": block.dates(day + 365),
            "check_result": block.words("check", "合格", "合格", "合格", "证照不全", "冒用他人资质"),
            "checked_date": block.dates(day + 30),
            "authority_name": authorities.named(enterprises.place, _OFFICE),
        },
        truth,
        of_courier,
    )


def _clues(block: Block) -> Rows:
    """Signs of empty parcels: the sender is an online shop, the courier another party."""
    enterprises, draws = block.enterprises, block.draws
    sender, of_sender = block.subject("sender", without=NAME_AND_CODE)
    _, courier, of_courier = block.other_subject("courier", "couriers", without=NAME_NEEDED)
    day = block.days("found", 200)
    return block.rows(
        {
            "clue_number": block.numbers("KB"),
            "courier_name": courier.name,
            "courier_uscc": courier.uscc,
            "sender_name": sender.name,
            "sender_uscc": sender.uscc,
            "sender_address": enterprises.address,
            "platform_name": lookup(words.PLATFORMS, enterprises.platform),
            "shop_name": choose(enterprises.has_shop, enterprises.shop_name, None),
            "parcel_count": number(draws.integers("parcels", 100, 9000)),
            "period_from_date": block.dates(day - 10),
            "period_to_date": block.dates(day - 1),
            "found_date": block.dates(day),
            "clue_source": block.words("source", "监测", "举报", "检查"),
            "handling_state": block.words("state", "待核查", "属实", "已移送"),
            "authority_name": authorities.named(enterprises.place, _OFFICE),
        },
        of_sender,
        of_courier,
    )


def _seizures(block: Block) -> Rows:
    """Parcels seized; the sender is often a natural person."""
    enterprises = block.enterprises
    is_person = block.draws.chance("person", 0.3) & ~block.is_spared
    consignor, truth = block.subject("consignor", without=(*WITH_CATEGORY, "natural_person"))
    truth.uscc, truth.is_registered = choose(is_person, None, truth.uscc), truth.is_registered & ~is_person
    truth.kind[is_person] = "natural_person"
    day = block.days("seized", 400)
    return block.rows(
        {
            "seizure_number": block.numbers("YC"),
            "channel": repeated("快递", len(block)),
            "consignor_name": choose(is_person, person_names(block.draws, "sender"), consignor.name),
            "consignor_uscc": choose(is_person, None, consignor.uscc),
            "consignor_category": category(truth, enterprises),
            "tracking_number": block.numbers("XD"),
            "goods_name": block.words("goods", "运动鞋", "手提包", "香烟", "化妆品"),
            "quantity": number(block.draws.integers("quantity", 1, 500)),
            "quantity_unit": block.words("unit", "双", "件", "条"),
            "goods_value_yuan": block.amounts("value", 100, 90000),
            "ground": block.words("ground", "侵犯商标权", "禁限寄物品"),
            "authority_name": authorities.named(enterprises.place, _OFFICE),
            "seizure_date": block.dates(day),
            "handling_state": block.words("state", "扣留", "没收", "移送公安"),
        },
        truth,
    )


SYSTEM = System(
    "post",
    (
        Feed(
            "administrative_licence",
            _licences,
            layout={
                "counterpart_name": "XK_XDR_MC",
                "counterpart_category": "XK_XDR_LB",
                "uscc": "XK_XDR_SHXYM",
                "decision_number": "XK_WSH",
                "decision_document_name": "XK_XKWS",
                "licence_category": "XK_XKLB",
                "certificate_name": "XK_XKZS",
                "licence_number": "XK_XKBH",
                "licence_content": "XK_NR",
                "decision_date": "XK_JDRQ",
                "valid_from_date": "XK_YXQZ",
                "valid_to_date": "XK_YXQZI",
                "authority_name": "XK_XKJG",
                "source_updated_at": "SJC",
            },
            delivery=Files("快递许可", "xml_envelope", parts=2),
            locator="decision_number",
            dirt=(
                impossible_date("decision_date"),
                compact_date("decision_date"),
                Dirt("category_as_code", "counterpart_category", "02", "法人及非法人组织"),
            ),
        ),
        fines_feed(
            _penalties,
            Files("快递处罚", "xml_envelope", parts=2),
            Dirt("ten_thousands", "fine_amount_yuan", "0.2", "2000.00"),
            Dirt("markup_in_text", "violation_facts", "收寄<未验视>&未登记", "收寄<未验视>&未登记"),
        ),
        Feed(
            "contract_customer",
            _customers,
            layout={
                "contract_number": "XY_BH",
                "courier_name": "JDQY_MC",
                "courier_uscc": "JDQY_SHXYM",
                "customer_name": "KH_MC",
                "customer_uscc": "KH_SHXYM",
                "customer_category": "KH_LB",
                "customer_address": "KH_DZ",
                "contract_date": "QD_RQ",
                "valid_until": "DQ_RQ",
                "check_result": "SC_JG",
                "checked_date": "SC_RQ",
                "authority_name": "JCJG",
            },
            delivery=Files("协议客户", "xml_envelope"),
            locator="contract_number",
            dirt=(
                Dirt("result_missing", "check_result", None, reason="value_missing"),
                Dirt("without_end", "valid_until", "2099-12-31", None),
                Dirt("result_as_code", "check_result", "1", "合格"),
            ),
        ),
        Feed(
            "parcel_clue",
            _clues,
            layout={
                "clue_number": "XS_BH",
                "courier_name": "JDQY_MC",
                "courier_uscc": "JDQY_SHXYM",
                "sender_name": "JJR_MC",
                "sender_uscc": "JJR_SHXYM",
                "sender_address": "JJR_DZ",
                "platform_name": "platform",
                "shop_name": "shop",
                "parcel_count": "BG_JS",
                "period_from_date": "QS_RQ",
                "period_to_date": "JZ_RQ",
                "found_date": "FX_RQ",
                "clue_source": "XS_LY",
                "handling_state": "CL_ZT",
                "authority_name": "DJJG",
            },
            delivery=Files("空包裹线索", "xml_envelope"),
            locator="clue_number",
            dirt=(impossible_date("found_date"), placeholder("sender_address"), chinese_date("period_from_date")),
        ),
        Feed(
            "seizure",
            _seizures,
            layout={
                "seizure_number": "KL_WSH",
                "channel": "channel",
                "consignor_name": "FHR_MC",
                "consignor_uscc": "FHR_SHXYM",
                "consignor_category": "FHR_LB",
                "tracking_number": "tracking_no",
                "goods_name": "HW_MC",
                "quantity": "HW_SL",
                "quantity_unit": "HW_DW",
                "goods_value_yuan": "HW_JZ",
                "ground": "KL_SY",
                "authority_name": "KL_JG",
                "seizure_date": "KL_RQ",
                "handling_state": "CL_ZT",
            },
            delivery=Files("寄递查获", "xml_envelope"),
            locator="seizure_number",
            dirt=(
                Dirt("goods_missing", "goods_name", None, reason="value_missing"),
                Dirt("amount_in_ten_thousands", "goods_value_yuan", "1.5万元", "15000.00"),
                compact_date("seizure_date"),
            ),
        ),
    ),
)
