"""What consumers and inspectors see: complaints, sampling inspections, and the lists that follow."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region import authorities, words
from example_region.columns import Texts, choose, date_text, join, lookup, number, repeated, time_text, untidy_date
from example_region.dirt import damage_lines, require, soil, spoil_dates, spoil_times, spoil_values
from example_region.enterprises import TODAY, Enterprises, person_names
from example_region.randomness import Draws, Indices
from example_region.rows import Rows, interleave, occurrences, with_repeats
from example_region.subjects import kind_without_code, write

_DAY = 86400
_ISSUES = pa.array(["食品安全", "虚假宣传", "售后服务", "质量", "价格", "合同", "不正当竞争", "预付卡"])
_GOODS = pa.array(
    words.listed(
        "预包装食品 餐饮服务 服装鞋帽 家用电器 化妆品 药品 手机 家具 快递服务 美容美发服务 预付卡 水果",
    )
)
_PLATFORM_SHARE = 0.45
# The 11.11 sales of 2023, 2024 and 2025, in days since 1970-01-01.
_SALES = np.array([19672, 20038, 20403])
_PRODUCTS = pa.array(
    words.listed(
        "鸡蛋 食用植物油 白酒 糕点 生湿面 豆干 酱油 蜂蜜 牛肉干 豇豆 黄花鱼 婴儿配方乳粉 口红 面膜",
    )
)
_CATEGORIES = pa.array(
    words.listed(
        "食用农产品 食用油 酒类 糕点",
        "粮食加工品 豆制品 调味品 蜂产品 肉制品 食用农产品 食用农产品 乳制品 化妆品 化妆品",
    )
)
_ITEMS = pa.array(
    ["菌落总数", "大肠菌群", "二氧化硫残留量", "铅(以Pb计)", "毒死蜱", "恩诺沙星", "N-二甲基亚硝胺", "过氧化值"]
)
_UNITS = pa.array(["CFU/g", "MPN/100g", "g/kg", "mg/kg", "mg/kg", "μg/kg", "μg/kg", "g/100g"])


def _complaint_day(draws: Draws) -> Indices:
    """Any day of three years, one in four within ten days after an 11.11 sale."""
    ordinary = TODAY - 5 - draws.integers("day", 0, 1090)
    peak = _SALES[draws.integers("peak", 0, 3)] + draws.integers("peak/after", 0, 11)
    return np.where(draws.chance("peak/is", 0.25), peak, ordinary)


def _complainant(draws: Draws) -> dict[str, pa.Array]:
    """Fictitious persons; telephone numbers begin with 199 0000, which nobody has."""
    phone = join("1990000", number(draws.integers("phone", 0, 10000), 4))
    return {
        "complainant_name": choose(draws.chance("anonymous", 0.1), "匿名", person_names(draws, "complainant")),
        "complainant_phone": choose(
            draws.chance("phone/masked", 0.3), join("199****", number(draws.integers("tail", 0, 10000), 4)), phone
        ),
        "complainant_address": join(
            words.PROVINCE, draws.pick("home", pa.array([d.city + d.county for d in words.DISTRICTS]))
        ),
    }


def complaint(number_word: str, rate: float, seed: int, count: int, index: Indices) -> Rows:
    """Complaints and reports: the respondent by name and address, rarely a code; shops by platform and address."""
    stream = f"complaint/{number_word}"
    occurring, keys = occurrences(seed, stream, index, rate, heavy=0.015)
    enterprises, draws = Enterprises(seed, occurring), Draws(seed, stream, keys)
    written, truth = write(
        enterprises,
        draws,
        count=count,
        role="respondent",
        keys=keys,
        without=("organisation_code_only", "registration_number_only", "code_in_other_column", "natural_person"),
    )
    without_code = draws.chance("without_code", 0.7)
    truth.kind = kind_without_code(truth.kind, without_code)
    received = _complaint_day(draws) * _DAY + draws.integers("time", 7 * 3600, 23 * 3600)
    is_online = enterprises.has_shop & draws.chance("online", _PLATFORM_SHARE * 2)
    is_closed = draws.chance("closed", 0.8)
    amount = draws.integers("amount", 10, 9000)
    settled = is_closed & draws.chance("settled", 0.5)
    columns = {
        "complaint_number": join(number_word, time_digits(received), number(keys, 11)),
        "complaint_type": draws.pick("type", pa.array(["投诉", "投诉", "投诉", "举报"])),
        "received_at": time_text(received),
        "respondent_name": written.name,
        "respondent_uscc": choose(without_code, None, written.uscc),
        "respondent_address": choose(draws.chance("addressed", 0.6), enterprises.address, None),
        "platform_name": choose(is_online, lookup(words.PLATFORMS, enterprises.platform), None),
        "shop_name": choose(is_online, enterprises.shop_name, None),
        "shop_url": choose(is_online, enterprises.shop_url, None),
        "goods_or_service": draws.pick("goods", _GOODS),
        "trade_category": choose(draws.chance("trade", 0.5), "零售服务", "餐饮和住宿服务"),
        "issue_category": draws.pick("issue", _ISSUES),
        "content": join(
            "消费者反映其购买的", draws.pick("goods", _GOODS), "存在", draws.pick("issue", _ISSUES), "问题，要求处理。"
        ),
        "disputed_amount_yuan": join(number(amount), choose(draws.chance("unit", 0.2), "元", "")),
        **_complainant(draws),
        "handling_unit": authorities.named(enterprises.place, "市场监督管理局"),
        "complaint_status": choose(is_closed, "已办结", draws.pick("status", pa.array(["待受理", "调解中", "已受理"]))),
        "outcome": choose(is_closed, choose(settled, "达成调解", "未达成调解"), None),
        "concluded_at": choose(is_closed, time_text(np.minimum(received + 20 * _DAY, (TODAY - 1) * _DAY)), None),
        "recovered_amount_yuan": choose(settled, number(amount), None),
        "source_updated_at": time_text(np.minimum(received + 21 * _DAY, (TODAY - 1) * _DAY + 3600)),
    }
    rows = Rows.of(columns, [truth], keys)
    soil(rows, draws, placeholders=("respondent_address", "complainant_address"), amounts=("disputed_amount_yuan",))
    spoil_times(rows, draws, "received_at")
    return with_repeats(rows, seed, stream, 0.004)


def time_digits(seconds: Indices) -> pa.Array:
    """Seconds since 1970 as ``YYYYMMDD``."""
    return date_text(seconds // _DAY, "%Y%m%d")


def sampling(rate: float, number_word: str, seed: int, count: int, index: Indices) -> Rows:
    """Sampling results: the sampled unit and the producer, by name alone; both sometimes in one cell."""
    stream = f"sampling/{number_word}"
    occurring, keys = occurrences(seed, stream, index, rate, heavy=0.002)
    units, draws = Enterprises(seed, occurring), Draws(seed, stream, keys)
    producer_index = draws.integers("producer/group", 0, max(count // 20, 1)) * 20 + draws.integers("producer", 0, 11)
    producers = Enterprises(seed, np.minimum(producer_index, count - 1) if count < 20 else producer_index)
    only_names = ("natural_person",)
    unit_written, unit_truth = write(units, draws, count=count, role="sampled_unit", keys=keys, without=only_names)
    maker_draws = Draws(seed, stream + "/producer", keys)
    maker_written, maker_truth = write(
        producers, maker_draws, count=count, role="producer", keys=keys + 1, without=only_names
    )
    for one in (unit_truth, maker_truth):
        one.kind = kind_without_code(one.kind, np.ones(len(keys), dtype=bool))
    in_one = draws.chance("in_one_cell", 0.03) & ~pa.array(maker_written.name.is_null()).to_numpy(zero_copy_only=False)
    maker_truth.kind = np.where(in_one, "two_in_one_cell", maker_truth.kind)
    failed = draws.chance("failed", 0.06)
    item = draws.integers("item", 0, len(_ITEMS))
    product = draws.integers("product", 0, len(_PRODUCTS))
    day = TODAY - 20 - draws.integers("day", 0, 900)
    limit = draws.integers("limit", 1, 20)
    columns = {
        "sampling_number": join(number_word, number(units.division), number(keys, 11)),
        "product_name": lookup(_PRODUCTS, product),
        "product_category": lookup(_CATEGORIES, product),
        "specification": draws.pick("specification", pa.array(["散装", "500g/袋", "250ml/瓶", "/", "100g/盒"])),
        "production_date": date_text(day - draws.integers("made", 20, 200)),
        "product_batch_number": choose(
            draws.chance("batch", 0.4), number(draws.integers("batch/number", 1000, 99999)), None
        ),
        "producer_name": choose(
            in_one, join("经销商：", units.name, "；生产商：", maker_truth.name), maker_written.name
        ),
        "producer_address": choose(draws.chance("producer/addressed", 0.6), producers.address, "/"),
        "sampled_unit_name": unit_written.name,
        "sampled_unit_address": choose(draws.chance("addressed", 0.7), units.address, None),
        "platform_name": choose(units.has_shop, lookup(words.PLATFORMS, units.platform), None),
        "inspection_item": choose(failed, lookup(_ITEMS, item), None),
        "measurement_unit": choose(failed, lookup(_UNITS, item), None),
        "measured_value": choose(failed, number(limit * 2 + 1), None),
        "limit_value": choose(failed, join("≤", number(limit)), None),
        "conclusion": choose(failed, "不合格", "合格"),
        "announcing_unit": authorities.named(units.place, "市场监督管理局"),
        "announcement_date": untidy_date(day + 15, draws, "announced"),
        "information_source": repeated("监督抽检", len(keys)),
        "remark": repeated(None, len(keys)),
    }
    rows = Rows.of(columns, [maker_truth, unit_truth], keys)
    soil(rows, draws, placeholders=("product_batch_number", "remark"), sentinels=("production_date",))
    spoil_dates(rows, draws, "announcement_date", is_required=False)
    damage_lines(rows, draws)
    return with_repeats(rows, seed, stream, 0.004)


def list_entry(list_type: str, rate: float, seed: int, count: int, index: Indices) -> Rows:
    """Entries of a list; two in five were removed since, which the later delivery tells."""
    stream = f"list/{list_type}"
    occurring, keys = occurrences(seed, stream, index, rate, heavy=0.0)
    enterprises, draws = Enterprises(seed, occurring), Draws(seed, stream, keys)
    written, truth = write(enterprises, draws, count=count, role="subject", keys=keys)
    day = np.maximum(enterprises.established + 200, TODAY - 1500) + draws.integers("day", 0, 700)
    day = np.minimum(day, TODAY - 60)
    authority = authorities.named(enterprises.place, "市场监督管理局")
    ground, basis = _grounds(list_type, draws)
    category: Texts = np.where(enterprises.is_individual, "个体工商户", "法人及非法人组织")
    columns = {
        "list_type": repeated(list_type, len(keys)),
        "entry_number": join("LB", number(keys, 12)),
        "subject_name": written.name,
        "subject_category": choose(truth.kind == "natural_person", "自然人", pa.array(category)),
        "uscc": written.uscc,
        "registration_number": written.registration_number,
        "organisation_code": written.organisation_code,
        "legal_representative": enterprises.operator,
        "ground": ground,
        "legal_basis": basis,
        "listed_date": untidy_date(day, draws, "listed"),
        "decision_number": join(
            authorities.short(enterprises.place), "市监列〔", date_text(day, "%Y"), "〕", number(keys, 7), "号"
        ),
        "deciding_authority": authority,
        **{
            name: repeated(None, len(keys))
            for name in ("removed_date", "removal_type", "removal_reason", "removal_authority")
        },
        "valid_until_date": date_text(day + 1095),
        "source_updated_at": time_text((day + 1) * _DAY + 36000),
    }
    rows = Rows.of(columns, [truth], keys)
    require(rows, "subject_name")
    soil(rows, draws, placeholders=("legal_representative",), sentinels=("valid_until_date",))
    spoil_dates(rows, draws, "listed_date")
    spoil_values(rows, draws, "list_type", ("待定", "见附件"))
    damage_lines(rows, draws)
    return with_repeats(_with_removal(rows, draws, day, authority), seed, stream, 0.003)


def _grounds(list_type: str, draws: Draws) -> tuple[pa.Array, pa.Array]:
    if list_type == "严重违法失信名单":
        ground = draws.pick(
            "ground", pa.array(["组织虚假交易", "未经许可从事食品生产经营，情节严重", "侵犯商业秘密", "生产、销售假药"])
        )
        return ground, repeated("《市场监督管理严重违法失信名单管理办法》", draws.size)
    if list_type == "经营异常名录":
        ground = draws.pick(
            "ground",
            pa.array(["未按规定公示年度报告", "通过登记的住所或者经营场所无法联系", "公示信息隐瞒真实情况、弄虚作假"]),
        )
        return ground, repeated("《企业信息公示暂行条例》", draws.size)
    return draws.pick("ground", pa.array(["拒不履行行政处罚决定", "走私行为", "提供虚假材料"])), repeated(
        "《信用信息管理规定》", draws.size
    )


def _with_removal(rows: Rows, draws: Draws, day: Indices, authority: pa.Array) -> Rows:
    """The entries removed by now, delivered again with the day and the way they were removed."""
    removed = draws.chance("removed", 0.4) & rows.is_clean
    positions = np.flatnonzero(removed)
    second = rows.take(positions)
    when = np.minimum(day + 30 + draws.integers("removed/after", 0, 900), TODAY - 5)[removed]
    second.columns["removed_date"] = date_text(when)
    second.columns["removal_type"] = choose(draws.chance("revoked", 0.1), "撤销", "移出").take(pa.array(positions))
    second.columns["removal_reason"] = repeated("已履行公示义务，申请移出", len(positions))
    second.columns["removal_authority"] = authority.take(pa.array(positions))
    second.columns["source_updated_at"] = time_text((when + 1) * _DAY + 36000)
    second.version[:] = 1
    return interleave(rows, second, positions)
