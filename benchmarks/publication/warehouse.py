"""A large fictitious warehouse: profiles of made-up enterprises in divisions 99xxxx, and penalties."""

from __future__ import annotations

from pathlib import Path

import duckdb

PROFILE_COLUMNS = 20


def make(path: Path, profiles: int, penalties: int) -> None:
    """Write the public tables; codes have the right shape, their check characters are not computed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    counts = ", ".join(f"(i * {number + 3}) % 17 as measure_{number:02d}_count" for number in range(6))
    with duckdb.connect(path) as connection:
        connection.execute("create schema publicity; create schema profile")
        connection.execute(
            f"""
            create table profile.enterprise_profile as
            select '9199' || lpad((1 + i % 31)::text, 2, '0') || lpad((1 + i % 17)::text, 2, '0')
                   || lpad(i::text, 9, '0') || 'X' as uscc,
                   '虚构市示例' || i || '号' || ['商贸', '餐饮', '科技'][1 + i % 3] || '有限公司' as enterprise_name,
                   '9199010' || lpad(i::text, 8, '0') as registration_number,
                   ['有限责任公司', '个体工商户', '股份有限公司'][1 + i % 3] as enterprise_type,
                   ['存续', '吊销', '注销', '迁出'][1 + i % 4] as registration_status,
                   date '2001-01-01' + (i % 8000)::int as establishment_date,
                   date '2020-01-01' + (i % 2000)::int as status_date,
                   (1000 * (i % 9000))::decimal(20, 2) as registered_capital_amount,
                   '虚构市市场监督管理局' as registration_authority,
                   '虚构省' as province, '虚构市' as city, '示例' || i % 17 || '区' as county,
                   '虚构市示例' || i % 17 || '区样板路' || i % 999 || '号' as address,
                   case when i % 9 = 0 then ['虚构市旧名' || i || '号有限公司'] else [] end as former_names,
                   {counts}
            from range({profiles}) rows(i);
            create table publicity.public_penalty as
            select md5(i::text) as record_id, '虚构市示例' || i || '号有限公司' as counterpart_name,
                   '91990101' || lpad(i::text, 9, '0') || 'X' as uscc,
                   '虚市监罚〔2025〕' || i || '号' as decision_number,
                   '当事人在其网店发布虚假广告,情节较轻,第' || i % 997 || '类' as violation_facts,
                   '《中华人民共和国广告法》第二十八条' as penalty_basis, '罚款' as penalty_category,
                   '罚款' || i % 5000 || '元' as penalty_content, (i % 5000)::decimal(20, 2) as fine_amount_yuan,
                   date '2025-01-01' + (i % 300)::int as decision_date,
                   date '2026-01-01' + (i % 300)::int as publicity_end_date,
                   '虚构市市场监督管理局' as authority_name, 'https://example.invalid/' || i as source_url
            from range({penalties}) rows(i);
            create table publicity.public_licence as select record_id, counterpart_name, uscc, decision_number
            from publicity.public_penalty limit 0;
            create table publicity.public_list_entry as select record_id, counterpart_name as subject_name, uscc
            from publicity.public_penalty limit 0;
            create table publicity.public_honour as select record_id, counterpart_name as subject_name, uscc
            from publicity.public_penalty limit 0;
            create table publicity.public_commitment as select record_id, counterpart_name as subject_name, uscc
            from publicity.public_penalty limit 0;
            create table publicity.list_measure as select record_id, '' as measure_id, uscc
            from publicity.public_penalty limit 0;
            create table publicity.public_warning as select record_id, '' as receiving_department, uscc
            from publicity.public_penalty limit 0;
            """
        )


def change_one_percent(path: Path) -> None:
    """Another state for every hundredth profile."""
    with duckdb.connect(path) as connection:
        connection.execute(
            "update profile.enterprise_profile set registration_status = '变更', measure_00_count = 99 "
            "where measure_00_count >= 0 and hash(uscc) % 100 = 0"
        )


def write_models(folder: Path, path: Path) -> None:
    """Class every column of the tables as public, as dbt's YAML would."""
    with duckdb.connect(path, read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns() "
            "where schema_name in ('publicity', 'profile') group by all"
        ).fetchall()
    for schema, table, columns in rows:
        lines = ["models:", f"  - name: {table}", "    columns:"]
        lines += [f"      - {{name: {name}, meta: {{title: 列{name}, sensitivity: public}}}}" for name in columns]
        (folder / schema).mkdir(parents=True, exist_ok=True)
        (folder / schema / f"{table}.yml").write_text("\n".join(lines), encoding="utf-8")
