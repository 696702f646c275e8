"""国家企业信用信息公示系统: its front-end database with flags i, d and 1 side by side, an exchange switch, and updates."""

from __future__ import annotations

import numpy as np

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated
from example_region.enterprises import TODAY, person_names
from example_region.rows import Rows
from example_region.systems.frame import Block, Database, Dirt, Feed, System
from example_region.systems.plain import FLAG_DIRT, FRONT_END, category, deleted, front_end, plain_subject, updated

_TABLE = Database(types=(("gxsj", "timestamp"), ("qzk_rksj", "timestamp")))
_NO_ORGANISATION = ("organisation_code_only", "natural_person", "name_missing")


def _registrations(block: Block) -> Rows:
    """The register as it was before the city's own export: older versions of the same entries."""
    enterprises = block.enterprises
    return block.rows(
        {
            "principal_id": block.numbers("99"),
            "enterprise_name": enterprises.name,
            "uscc": enterprises.uscc,
            "registration_number": enterprises.registration_number,
            "enterprise_type": choose(enterprises.is_individual, "个体工商户", "有限责任公司"),
            "legal_representative": enterprises.operator,
            "establishment_date": block.dates(enterprises.established),
            "approval_date": block.dates(enterprises.established),
            "registration_status": repeated("存续", len(block)),
            "business_scope": enterprises.business_scope,
            "registration_authority": authorities.named(enterprises.place, "市场监督管理局"),
            "address": enterprises.address,
            "source_updated_at": updated(TODAY - 900 - block.draws.integers("updated", 0, 300)),
            **front_end(block),
        },
        plain_subject(block, "enterprise"),
    )


def _changes(block: Block) -> Rows:
    """Names and codes that changed; who did not change either got another representative."""
    enterprises = block.enterprises
    renamed = enterprises.has_other_name_before
    recoded = ~renamed & enterprises.has_registration_number
    item = choose(renamed, "名称变更", choose(recoded, "统一社会信用代码变更", "法定代表人变更"))
    before = choose(renamed, enterprises.former_name, person_names(block.draws, "before"))
    after = choose(renamed, enterprises.name, enterprises.operator)
    day = np.where(renamed, enterprises.renamed_day, enterprises.established + 400)
    return block.rows(
        {
            "enterprise_name": enterprises.name,
            "uscc": enterprises.uscc,
            "registration_number": enterprises.registration_number,
            "change_item": item,
            "before_content": choose(recoded, enterprises.registration_number, before),
            "after_content": choose(recoded, enterprises.uscc, after),
            "change_date": block.dates(day),
            "registration_authority": authorities.named(enterprises.place, "市场监督管理局"),
            "source_updated_at": updated(day + 1),
            **front_end(block),
        },
        plain_subject(block, "enterprise"),
    )


def _listings(block: Block) -> Rows:
    """Abnormal operation of firms and of individual businesses, and the seriously dishonest."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("subject", without=_NO_ORGANISATION)
    day = block.days("listed", 1000) - 60
    serious = draws.chance("serious", 0.15)
    kind = choose(serious, "严重违法失信名单", choose(enterprises.is_individual, "经营异常状态", "经营异常名录"))
    ground = block.words("ground", "未按规定公示年度报告", "通过登记的住所或者经营场所无法联系", "公示信息隐瞒真实情况")
    count = len(block)
    return block.rows(
        {
            "list_type": kind,
            "entry_number": block.numbers("YC"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "registration_number": written.registration_number,
            "legal_representative": enterprises.operator,
            "ground": choose(serious, "组织虚假交易", ground),
            "listed_date": block.dates(day),
            "deciding_authority": authorities.named(enterprises.place, "市场监督管理局"),
            "removal_type": repeated(None, count),
            "removed_date": repeated(None, count),
            "removal_reason": repeated(None, count),
            "source_updated_at": updated(day + 1),
            **front_end(block),
        },
        truth,
    )


def _moved_out(block: Block, rows: Rows) -> Rows:
    """Two in five are moved out since, one in ten of them revoked: the same entry again, changed."""
    draws = block.draws
    again = draws.chance("removed", 0.4)[~block.is_spared]
    revoked = draws.chance("revoked", 0.1)[~block.is_spared][again]
    second = rows.take(np.flatnonzero(again))
    count = len(second)
    second.columns["removal_type"] = choose(revoked, "撤销", "移出")
    second.columns["removed_date"] = block.dates(np.full(count, TODAY - 9))
    second.columns["removal_reason"] = repeated("已履行公示义务，申请移出", count)
    second.columns["czbs"] = repeated("u", count)
    second.columns["source_updated_at"] = updated(np.full(count, TODAY - 8))
    return second


def _websites(block: Block) -> Rows:
    """Websites and shops of the annual reports: what ties a shop to an enterprise."""
    enterprises = block.enterprises
    written, truth = block.subject("holder", without=_NO_ORGANISATION)
    shop = enterprises.has_shop
    own = join("https://www.", number(enterprises.index % 10**8, 8), ".canglan.example")
    filing = join("沧ICP备", number(99_000_000 + enterprises.index % 10**6, 8), "号-1")
    return block.rows(
        {
            "website_record_id": block.numbers("W"),
            "annual_report_id": block.numbers("N"),
            "report_year": repeated("2024", len(block)),
            "enterprise_name": written.name,
            "uscc": written.uscc,
            "registration_number": written.registration_number,
            "web_type": choose(shop, "网店", "网站"),
            "website_name": choose(shop, enterprises.shop_name, join(enterprises.brand, "官网")),
            "website_url": choose(shop, enterprises.shop_url, own),
            "icp_number": choose(shop, None, filing),
            "platform_type": choose(shop, "第三方平台", "自营"),
            "goods_type": block.words("goods", "商品", "服务", "商品和服务"),
            "platform_name": choose(shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "record_state": repeated("正常", len(block)),
            "source_updated_at": updated(block.days("updated", 200)),
            **front_end(block),
        },
        truth,
    )


def _checks(block: Block) -> Rows:
    """Random spot checks of annual reports."""
    enterprises = block.enterprises
    written, truth = block.subject("subject", without=_NO_ORGANISATION)
    day = block.days("checked", 500)
    return block.rows(
        {
            "check_number": block.numbers("CC"),
            "plan_number": repeated("RW990100202506", len(block)),
            "plan_name": repeated("2025年年度报告公示信息抽查", len(block)),
            "subject_name": written.name,
            "uscc": written.uscc,
            "registration_number": written.registration_number,
            "subject_category": category(block, truth),
            "check_type": block.words("type", "不定向抽查", "定向抽查"),
            "check_matter": block.words("matter", "年度报告公示信息检查", "即时信息检查", "登记事项检查"),
            "checked_date": block.dates(day),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "result": block.words("result", "未发现问题", "未发现问题", "发现问题已责令改正", "不配合检查情节严重"),
            "record_state": repeated("正常", len(block)),
            "source_updated_at": updated(day + 5),
            **front_end(block),
        },
        truth,
    )


_BAD_DATE = "2024-02-30"
SYSTEM = System(
    "necips",
    (
        Feed(
            "enterprise_registration",
            _registrations,
            layout={
                "principal_id": "PriPID",
                "enterprise_name": "EntName",
                "uscc": "UniSCID",
                "registration_number": "RegNO",
                "enterprise_type": "EntType",
                "legal_representative": "LeRep",
                "establishment_date": "EstDate",
                "approval_date": "ApprDate",
                "registration_status": "RegState",
                "business_scope": "OpScope",
                "registration_authority": "RegOrg",
                "address": "Dom",
                "source_updated_at": "gxsj",
                **FRONT_END,
            },
            delivery=_TABLE,
            locator="principal_id",
            twice=0.0,
            dirt=(
                *FLAG_DIRT,
                deleted("registration_status", "撤销"),
                Dirt("state_as_code", "registration_status", "1", "存续"),
                Dirt("sentinel_date", "approval_date", "1900-1-1", None),
                Dirt("placeholder", "business_scope", "\\N", None),
            ),
        ),
        Feed(
            "registration_change",
            _changes,
            layout={
                "enterprise_name": "EntName",
                "uscc": "UniSCID",
                "registration_number": "RegNO",
                "change_item": "AltItem",
                "before_content": "AltBe",
                "after_content": "AltAf",
                "change_date": "AltDate",
                "registration_authority": "RegOrg",
                "source_updated_at": "gxsj",
                **FRONT_END,
            },
            delivery=_TABLE,
            locator="uscc",
            twice=0.0,
            dirt=(
                *FLAG_DIRT,
                Dirt("flag_deleted_unsaid", "czbs", "d", reason="flag_unknown"),
                Dirt("date_impossible", "change_date", _BAD_DATE, reason="date_impossible"),
                Dirt("date_with_time", "change_date", lambda cell: f"{cell} 0:00:00"),
            ),
        ),
        Feed(
            "list_entry",
            _listings,
            layout={
                "list_type": "名单类型",
                "entry_number": "BusExcList",
                "subject_name": "EntName",
                "uscc": "UniSCID",
                "registration_number": "RegNO",
                "legal_representative": "LeRep",
                "ground": "SpeCause",
                "listed_date": "AbnTime",
                "deciding_authority": "DecOrg",
                "removal_type": "IsMove",
                "removed_date": "RemDate",
                "removal_reason": "RemExcpres",
                "source_updated_at": "gxsj",
                **FRONT_END,
            },
            delivery=_TABLE,
            locator="entry_number",
            later=_moved_out,
            dirt=(
                *FLAG_DIRT,
                deleted("removal_type", "撤销"),
                Dirt("move_as_code", "removal_type", "1", "移出"),
                Dirt("value_not_in_list", "list_type", "待定", reason="value_not_in_list"),
                Dirt("date_unreadable", "listed_date", "见附件", reason="date_unreadable"),
                Dirt("date_compact", "listed_date", lambda cell: (cell or "").replace("-", "")),
            ),
        ),
        Feed(
            "website",
            _websites,
            layout={
                "website_record_id": "WEBID",
                "annual_report_id": "AnCheID",
                "report_year": "年度",
                "enterprise_name": "EntName",
                "uscc": "UniSCID",
                "registration_number": "RegNO",
                "web_type": "WebType",
                "website_name": "WebSitName",
                "website_url": "WebSite",
                "icp_number": "IcpBackNO",
                "platform_type": "WebPlatFormType",
                "goods_type": "WebGoodsType",
                "platform_name": "BelongPlatFormName",
                "source_updated_at": "gxsj",
                **FRONT_END,
            },
            delivery=_TABLE,
            locator="website_record_id",
            dirt=(
                *FLAG_DIRT,
                deleted("record_state", "撤销"),
                Dirt("type_as_code", "web_type", "2", "网店"),
                Dirt("filing_bare", "icp_number", "1155478", "1155478"),
                Dirt("platform_as_code", "platform_type", "3", "两者兼有"),
                Dirt("name_missing", "enterprise_name", None, reason="value_missing"),
            ),
        ),
        Feed(
            "spot_check",
            _checks,
            layout={
                "check_number": "CheckNO",
                "plan_number": "PlanNO",
                "plan_name": "PlanName",
                "subject_name": "EntName",
                "uscc": "UniSCID",
                "registration_number": "RegNO",
                "subject_category": "主体类型",
                "check_type": "InsType",
                "check_matter": "InsItem",
                "checked_date": "InsDate",
                "authority_name": "InsAuth",
                "result": "InsRes",
                "source_updated_at": "gxsj",
                **FRONT_END,
            },
            delivery=_TABLE,
            locator="check_number",
            dirt=(
                *FLAG_DIRT,
                deleted("record_state", "撤销"),
                Dirt("result_as_code", "result", "6", "发现问题已责令改正"),
                Dirt("result_missing", "result", None, reason="value_missing"),
                Dirt("date_impossible", "checked_date", _BAD_DATE, reason="date_impossible"),
            ),
        ),
    ),
)
