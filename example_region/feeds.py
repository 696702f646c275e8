"""The feeds of the fictitious departments: which contract, which layout, which format, which rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from example_region import markets, publicity, registration, vocabulary
from example_region.publicity import Office
from example_region.randomness import Indices
from example_region.rows import Rows
from example_region.vocabulary import Layout

MakeRows = Callable[[int, int, Indices], Rows]


@dataclass(frozen=True)
class Feed:
    """One feed: ``make(seed, count, index)`` gives the rows of the enterprises at ``index``.

    Workbooks cover the first enterprises only; the rest of such a feed comes as CSV. ``is_sent_twice``: the first file
    comes again under another name.
    """

    system_id: str
    contract_id: str
    layout: Layout
    file_format: str
    stem: str
    make: MakeRows
    is_sent_twice: bool = False


_FOOD = Office(
    "市场监督管理局",
    1,
    "市监",
    0.16,
    (
        "经营超过保质期的食品|经营超过保质期的预包装食品|《中华人民共和国食品安全法》第三十四条第十项",
        "发布虚假广告|在网店发布与实际不符的商品宣传|《中华人民共和国广告法》第二十八条",
        "组织虚假交易|通过虚构交易、编造用户评价方式进行虚假商业宣传|《中华人民共和国反不正当竞争法》第八条",
        "未按规定公示年度报告|未在规定期限公示年度报告|《企业信息公示暂行条例》第八条",
        "使用未经检定的计量器具|使用未经强制检定的电子计价秤|《中华人民共和国计量法》第九条",
    ),
)
_FOOD_LICENCES = Office(
    "市场监督管理局",
    2,
    "市监",
    0.45,
    ("食品经营许可|食品销售（预包装食品）", "食品经营许可|餐饮服务（热食类食品制售）", "食品生产许可|食品生产（糕点）"),
)
_DRUGS = Office(
    "药品监督管理局",
    3,
    "药监",
    0.06,
    (
        "销售劣药|销售有效成分含量不符合规定的中药饮片|《中华人民共和国药品管理法》第九十八条",
        "经营未取得备案凭证的化妆品|经营未经备案的普通化妆品|《化妆品监督管理条例》第十七条",
        "未按规定储存医疗器械|未按说明书要求储存第二类医疗器械|《医疗器械监督管理条例》第四十七条",
    ),
    has_amounts=False,
)
_DRUG_LICENCES = Office(
    "药品监督管理局",
    4,
    "药监",
    0.12,
    ("药品经营许可|药品零售（处方药、非处方药）", "医疗器械经营许可|三类医疗器械经营"),
)
_CUSTOMS = Office(
    "海关",
    5,
    "关缉",
    0.03,
    (
        "申报不实|进口货物税则号列申报不实影响税款征收|《中华人民共和国海关行政处罚实施条例》第十五条",
        "擅自处置监管货物|擅自转让海关监管的减免税设备|《中华人民共和国海关法》第三十七条",
    ),
)
_POST = Office(
    "邮政管理局",
    6,
    "邮管",
    0.03,
    ("未执行收寄验视制度|未对交寄物品进行验视|《快递暂行条例》第三十一条",),
    has_amounts=False,
)
_POST_LICENCES = Office("邮政管理局", 7, "邮管", 0.03, ("快递业务经营许可|快递业务经营（市内）",))
_PRICE = Office(
    "发展和改革局", 8, "价检", 0.03, ("未按规定明码标价|销售商品未按规定明码标价|《中华人民共和国价格法》第十三条",)
)
_POLICE = Office(
    "公安局", 9, "公治", 0.03, ("未按规定登记住宿人员信息|未如实登记住宿旅客身份信息|《旅馆业治安管理办法》第六条",)
)
_POLICE_LICENCES = Office("公安局", 10, "公治", 0.06, ("特种行业许可|旅馆业", "公章刻制业备案|公章刻制"))
_PROPERTY = Office(
    "知识产权局",
    11,
    "知",
    0.02,
    ("假冒专利|在产品包装上标注已终止的专利号|《中华人民共和国专利法》第六十八条",),
    has_amounts=False,
)

FEEDS = (
    Feed(
        "market_supervision",
        "enterprise_registration",
        vocabulary.REGISTRATION,
        "csv_gb18030",
        "企业登记信息",
        registration.registration,
    ),
    Feed(
        "market_supervision",
        "registration_change",
        vocabulary.CHANGE,
        "tab_gb18030",
        "变更登记信息",
        registration.change,
    ),
    Feed(
        "market_supervision",
        "administrative_licence",
        vocabulary.LICENCE_2018,
        "csv_utf8_mark",
        "行政许可信息",
        partial(publicity.licence, _FOOD_LICENCES),
    ),
    Feed(
        "market_supervision",
        "administrative_penalty",
        vocabulary.PENALTY_2018,
        "csv_gb18030",
        "行政处罚信息",
        partial(publicity.penalty, _FOOD),
        is_sent_twice=True,
    ),
    Feed(
        "market_supervision",
        "complaint",
        vocabulary.COMPLAINT,
        "json_lines",
        "12315投诉举报",
        partial(markets.complaint, "C", 0.55),
    ),
    Feed(
        "market_supervision",
        "list_entry",
        vocabulary.LIST_ENTRY,
        "workbook",
        "经营异常名录",
        partial(markets.list_entry, "经营异常名录", 0.08),
    ),
    Feed(
        "market_supervision",
        "sampling_inspection",
        vocabulary.SAMPLING,
        "csv_utf8_mark",
        "食品安全监督抽检结果",
        partial(markets.sampling, 0.25, "XC"),
    ),
    Feed(
        "drug_administration",
        "administrative_licence",
        vocabulary.LICENCE_CODES,
        "csv_gb18030",
        "许可数据",
        partial(publicity.licence, _DRUG_LICENCES),
    ),
    Feed(
        "drug_administration",
        "administrative_penalty",
        vocabulary.PENALTY_2016,
        "workbook",
        "行政处罚公示表",
        partial(publicity.penalty, _DRUGS),
    ),
    Feed(
        "drug_administration",
        "sampling_inspection",
        vocabulary.SAMPLING,
        "workbook",
        "化妆品抽检结果",
        partial(markets.sampling, 0.05, "HZ"),
    ),
    Feed(
        "customs",
        "administrative_penalty",
        vocabulary.PENALTY_CODES,
        "csv_utf8_mark",
        "CF_XZCF",
        partial(publicity.penalty, _CUSTOMS),
    ),
    Feed(
        "customs",
        "list_entry",
        vocabulary.LIST_ENTRY,
        "csv_gb18030",
        "失信企业名单",
        partial(markets.list_entry, "联合惩戒名单", 0.01),
    ),
    Feed(
        "post",
        "administrative_licence",
        vocabulary.LICENCE_2018,
        "parquet",
        "快递业务经营许可",
        partial(publicity.licence, _POST_LICENCES),
    ),
    Feed(
        "post",
        "administrative_penalty",
        vocabulary.PENALTY_WEB,
        "json_lines",
        "网站行政处罚公开",
        partial(publicity.penalty, _POST, is_collected=True),
    ),
    Feed(
        "price",
        "complaint",
        vocabulary.COMPLAINT,
        "tab_gb18030",
        "12358价格举报",
        partial(markets.complaint, "J", 0.08),
    ),
    Feed(
        "price",
        "administrative_penalty",
        vocabulary.PENALTY_2018,
        "workbook",
        "价格违法行政处罚",
        partial(publicity.penalty, _PRICE),
    ),
    Feed("cyberspace", "complaint", vocabulary.COMPLAINT, "parquet", "网络举报", partial(markets.complaint, "W", 0.06)),
    Feed(
        "cyberspace",
        "list_entry",
        vocabulary.LIST_ENTRY,
        "csv_utf8_mark",
        "重点关注名单",
        partial(markets.list_entry, "重点关注名单", 0.01),
    ),
    Feed(
        "police",
        "administrative_licence",
        vocabulary.LICENCE_CODES,
        "tab_gb18030",
        "特种行业许可",
        partial(publicity.licence, _POLICE_LICENCES),
    ),
    Feed(
        "police",
        "administrative_penalty",
        vocabulary.PENALTY_CODES,
        "parquet",
        "行政处罚",
        partial(publicity.penalty, _POLICE),
    ),
    Feed(
        "intellectual_property",
        "administrative_penalty",
        vocabulary.PENALTY_2016_CODES,
        "csv_gb18030",
        "专利行政处罚",
        partial(publicity.penalty, _PROPERTY),
    ),
    Feed(
        "intellectual_property",
        "list_entry",
        vocabulary.LIST_ENTRY,
        "workbook",
        "严重违法失信名单",
        partial(markets.list_entry, "严重违法失信名单", 0.01),
    ),
)
