"""全国信用信息共享平台: list entries of all departments, commitments and honours, page after page by cursor."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import choose, repeated
from example_region.enterprises import TODAY
from example_region.rows import Rows
from example_region.systems.frame import Block, Dirt, Feed, Service, System
from example_region.systems.plain import NAME_AND_CODE, NAME_CODE_OR_PERSON, category, updated


def _listings(block: Block) -> Rows:
    """Lists of other departments: joint punishment, watch, the honest; warnings for everybody, some departments or none."""
    written, truth = block.subject("subject", without=NAME_CODE_OR_PERSON)
    day = block.days("listed", 900)
    warned = block.draws.chance("warned", 0.3)
    listed = block.words("list", "联合惩戒名单", "重点关注名单", "守信激励名单")
    seen_by = block.words("seen_by", "公开发布", "部门共享", "部门共享", "对内提示")
    receivers = block.words("receivers", "公安；税务", "市场监管局、海关", "税务", "网信")
    # Some do not say who may see them, some name a department that nobody knows.
    seen_by = choose(block.draws.chance("unsaid", 0.12), None, seen_by)
    receivers = choose(block.draws.chance("nobody", 0.12), "某办公室", receivers)
    return block.rows(
        {
            "list_type": choose(warned, "全网警示", listed),
            "warning_level": choose(warned, block.words("level", "关注", "警示", "限制"), None),
            "visibility": choose(warned, seen_by, None),
            "receiving_departments": choose(warned, receivers, None),
            "valid_until_date": choose(warned, block.dates(day + 1500), None),
            "entry_number": block.numbers("GX"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "subject_category": category(block, truth),
            "ground": block.words("ground", "拖欠农民工工资", "欠缴税款", "连续三年纳税信用A级", "提供虚假材料"),
            "listed_date": block.dates(day),
            "deciding_authority": block.words("authority", "沧澜省税务局", "沧澜省人力资源和社会保障厅"),
            "source_updated_at": updated(day + 3),
        },
        truth,
    )


def _commitments(block: Block) -> Rows:
    """Credit commitments; few are broken."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("committed", 700)
    broken = block.draws.chance("broken", 0.06)
    return block.rows(
        {
            "commitment_number": block.numbers("CN"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "subject_category": category(block, truth),
            "commitment_type": block.words("type", "主动公示型", "信用修复型", "行业自律型", "审批替代型"),
            "matter": block.words("matter", "网络交易平台履行主体责任", "节日期间明码标价", "依法诚信经营"),
            "content": block.words("content", "依法审核平台内经营者身份", "不虚构原价", "不发布虚假广告"),
            "commitment_date": block.dates(day),
            "valid_until_date": block.dates(day + 365),
            "authority_name": authorities.named(block.enterprises.place, "发展和改革局"),
            "performance": choose(broken, "违反承诺", "履行中"),
            "breach_date": choose(broken, block.dates(day + 100), None),
            "source_updated_at": updated(day + 110),
        },
        truth,
    )


def _honours(block: Block) -> Rows:
    """Honours, some withdrawn."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("awarded", 900)
    gone = block.draws.chance("withdrawn", 0.05)
    return block.rows(
        {
            "honour_number": block.numbers("RY"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "honour_name": block.words("name", "放心消费示范单位", "守合同重信用企业", "诚信示范企业"),
            "honour_level": block.words("level", "市级", "省级", "县级"),
            "authority_name": authorities.named(block.enterprises.place, "市场监督管理局"),
            "awarded_date": block.dates(day),
            "valid_until_date": block.dates(day + 1095),
            "honour_state": choose(gone, "撤销", "有效"),
            "revoked_date": choose(gone, repeated("2025-11-20", len(block)), None),
            "source_updated_at": updated(day * 0 + TODAY - 10),
        },
        truth,
    )


SYSTEM = System(
    "ncisp",
    (
        Feed(
            "list_entry",
            _listings,
            layout={
                "list_type": "名单类型",
                "warning_level": "预警等级",
                "visibility": "公开范围",
                "receiving_departments": "接收部门",
                "valid_until_date": "有效期至",
                "entry_number": "编号",
                "subject_name": "主体名称",
                "uscc": "统一社会信用代码",
                "subject_category": "主体类别",
                "ground": "列入原因",
                "listed_date": "列入日期",
                "deciding_authority": "列入机关",
                "source_updated_at": "更新时间",
            },
            delivery=Service(),
            locator="entry_number",
            rate=0.03,
            dirt=(
                Dirt("list_other_word", "list_type", "联合惩戒", "联合惩戒名单"),
                Dirt("value_not_in_list", "list_type", "某名单", reason="value_not_in_list"),
                Dirt("name_missing", "subject_name", "", reason="value_missing"),
                Dirt("date_unreadable", "listed_date", "另行通知", reason="date_unreadable"),
                Dirt("date_chinese", "listed_date", "2025年3月4日", "2025-03-04"),
            ),
        ),
        Feed(
            "commitment",
            _commitments,
            layout={
                "commitment_number": "cnbh",
                "subject_name": "cnzt",
                "uscc": "creditCode",
                "subject_category": "主体类别",
                "commitment_type": "cnlx",
                "matter": "cnsy",
                "content": "cnnr",
                "commitment_date": "cnrq",
                "valid_until_date": "cnyxq",
                "authority_name": "cnsldw",
                "performance": "lyzt",
                "breach_date": "违诺日期",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="commitment_number",
            rate=0.03,
            dirt=(
                Dirt("type_as_code", "commitment_type", "6", "行业自律型"),
                Dirt("date_impossible", "commitment_date", "2025-06-31", reason="date_impossible"),
                Dirt("placeholder", "content", "暂无", None),
            ),
        ),
        Feed(
            "honour",
            _honours,
            layout={
                "honour_number": "证书编号",
                "subject_name": "企业名称",
                "uscc": "creditCode",
                "honour_name": "荣誉称号",
                "honour_level": "级别",
                "authority_name": "认定单位",
                "awarded_date": "认定日期",
                "valid_until_date": "有效期至",
                "honour_state": "状态",
                "revoked_date": "撤销日期",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="honour_number",
            rate=0.02,
            dirt=(
                Dirt("level_as_code", "honour_level", "1", "国家级"),
                Dirt("honour_missing", "honour_name", None, reason="value_missing"),
            ),
        ),
    ),
)
