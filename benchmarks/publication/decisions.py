"""A large fictitious warehouse behind the real models: linked penalties and licences of made-up enterprises in divisions 99xxxx.

Every table is made by a build of an empty lake and then filled at the places where ingest and linking would have filled it:
what follows, from the credit records to the profiles, is computed by the build's own models.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from benchmarks.linkage_scale.region import prepare as prepare_bronze
from lake.settings import Settings
from lake.storage import Storage
from linkage import companion
from transforms import build
from transforms.dbt_runner import run_dbt

DAY = date(2025, 12, 1)
"""The day decided for: between two regimes of the publicity system, so that windows of both are at hand."""
CREDIT = ("credit_penalty", "credit_licence", "credit_list_entry")
DECISIONS = (
    "publicity_fact", "publicity_class", "publicity_term", "publicity_decision", "held_record",
    "public_licence", "public_penalty", "public_list_entry", "public_honour", "public_commitment",
)  # fmt: skip

_PLACE = "'9199' || lpad((1 + hash(k) % 31)::text, 2, '0') || lpad((1 + hash(k + 7) % 17)::text, 2, '0')"
_CODE = f"{_PLACE} || lpad(k::text, 9, '0') || 'X'"
_NAME = "'虚构市示例' || k || '号' || ['商贸', '餐饮', '科技'][1 + k % 3] || '有限公司'"
_SHARED = f"""
    {_NAME} as counterpart_name, '法人及非法人组织' as counterpart_category, {_CODE} as uscc, '示例人' as legal_representative,
    '虚构市市场监督管理局' as authority_name, '11990100MB1234567X' as authority_uscc, '虚构市市场监督管理局' as source_unit_name,
    '11990100MB1234567X' as source_unit_uscc, '990100' as place_code,
    timestamptz '2025-11-01 09:00:00+08' + to_minutes((i % 9000)::int) as source_updated_at,
    'benchmark' as batch_id, 'benchmark' as system_id, 0 as source_row, 0 as record_index, [] as notes,
    md5('content' || i) as content_digest, timestamptz '2025-11-02 09:00:00+08' as ingested_at, 1 as version_rank,
    date '2025-01-01' + (i % 300)::int as decision_date
"""
_FILL = f"""
insert into staging.enterprise_registration_versions by name
select {_CODE} as uscc, {_NAME} as enterprise_name, '9199010' || lpad(k::text, 8, '0') as registration_number,
    ['有限责任公司', '个体工商户', '股份有限公司'][1 + k % 3] as enterprise_type,
    ['存续', '吊销', '注销', '迁出'][1 + k % 4] as registration_status, date '2001-01-01' + (k % 8000)::int as establishment_date,
    '示例人' as legal_representative, (1000 * (k % 9000))::decimal(20, 2) as registered_capital_amount,
    '虚构市市场监督管理局' as registration_authority, '虚构省' as province, '虚构市' as city, '示例' || k % 17 || '区' as county,
    '虚构市示例' || k % 17 || '区样板路' || k % 999 || '号' as address,
    '食品销售;日用百货销售,第' || k % 97 || '类' as business_scope,
    md5('enterprise' || k) as record_id, md5('enterprise key' || k) as business_key, 1 as version_rank
from range($enterprises) rows(k);
insert into identity.enterprise by name
select uscc, record_id, enterprise_name, registration_number, registration_status, establishment_date, province, city, county
from staging.enterprise_registration_versions;
insert into staging.administrative_penalty_versions by name
select {_SHARED}, '虚市监罚〔2025〕' || i || '号' as decision_number,
    '示例' || i % 997 || '案' as case_name, '虚假宣传' as violation_type,
    '当事人在其网店发布虚假广告,情节较轻,第' || i % 997 || '类' as violation_facts,
    '《中华人民共和国广告法》第二十八条' as penalty_basis, '罚款' as penalty_category,
    '罚款' || 5000 + i % 50000 || '元' as penalty_content, (5000 + i % 50000)::decimal(20, 2) as fine_amount_yuan,
    '已告知' as publicity_notice, 'https://example.invalid/' || i as source_url,
    md5('penalty' || i) as record_id, 'administrative_penalty' as contract_id, md5('penalty key' || i) as business_key
from (select i, i % $enterprises as k from range(2 * $enterprises) rows(i));
insert into staging.administrative_licence_versions by name
select {_SHARED}, '（虚）市监许〔2025〕' || i || '号' as decision_number, '准予食品经营许可决定书' as decision_document_name,
    '普通' as licence_category, '食品经营许可' as certificate_name, 'JY990100' || lpad(i::text, 9, '0') as licence_number,
    '食品销售（预包装食品）' as licence_content, date '2025-01-01' + (i % 300)::int as valid_from_date,
    date '2030-01-01' + (i % 300)::int as valid_to_date, '有效' as licence_state,
    md5('licence' || i) as record_id, 'administrative_licence' as contract_id, md5('licence key' || i) as business_key
from (select i, i as k from range($enterprises) rows(i));
insert into identity.subject_link by name
select record_id, contract_id, business_key, 'counterpart' as role, uscc, 'linked' as status, 'code_and_name' as method,
    0.99999 as confidence, false as is_natural_person, uscc as best_uscc, 'same' as name_agreement,
    3 as region_agreement, 1.0 as distance
from (
    select record_id, contract_id, business_key, uscc from staging.administrative_penalty_versions
    union all
    select record_id, contract_id, business_key, uscc from staging.administrative_licence_versions
)
"""


def prepare(settings: Settings, storage: Storage, enterprises: int) -> None:
    """The warehouse as it is before publicity is decided."""
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    prepare_bronze(storage)
    companion.update(settings, storage, "benchmark")
    build(settings, storage, "benchmark")
    with duckdb.connect(settings.work_dir / "warehouse.duckdb") as connection:
        connection.execute(f"set memory_limit = '{settings.memory_megabytes}MB'; set threads = {settings.threads}")
        for statement in _FILL.split(";\n"):
            connection.execute(statement, {"enterprises": enterprises} if "$" in statement else None)
    _run(settings, storage, CREDIT)


def decide(settings: Settings, storage: Storage) -> None:
    """Decide for every record and channel, and make the public tables."""
    _run(settings, storage, DECISIONS)


def profiles(settings: Settings, storage: Storage) -> None:
    """The profiles, which count what is public."""
    _run(settings, storage, ("enterprise_profile",))


def _run(settings: Settings, storage: Storage, models: tuple[str, ...]) -> None:
    command = ["build", "--no-write-json", "--resource-type", "model", "--full-refresh", "--select", *models]
    run_dbt(settings, storage, command, day=DAY)


def change_one_percent(file: Path) -> None:
    """A hundredth of the penalties and of the profiles, all over the divisions: no part stays as it is."""
    with duckdb.connect(file) as connection:
        connection.execute("""
            update publicity.public_penalty set fine_amount_yuan = 1 where hash(record_id) % 100 = 0;
            update profile.enterprise_profile set registration_status = '变更' where hash(uscc) % 100 = 0""")
