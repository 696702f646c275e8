"""A small fictitious warehouse with the tables that a release is made from (division 99xxxx, made-up names)."""

from __future__ import annotations

from pathlib import Path

import duckdb

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [3**index % 31 for index in range(17)]
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def code(number: int, division: str = "990101") -> str:
    """A fictitious code of an enterprise that passes both checks (GB 32100-2015, GB 11714)."""
    body = f"FX{number:06d}"
    values = [int(character, 36) for character in body]
    check = 11 - sum(value * weight for value, weight in zip(values, ORGANISATION_WEIGHTS, strict=True)) % 11
    first = f"91{division}{body}{'0123456789X0'[check] if check < 11 else '0'}"
    total = sum(CHARACTERS.index(character) * weight for character, weight in zip(first, WEIGHTS, strict=True))
    return first + CHARACTERS[(31 - total % 31) % 31]


_WINDOWS = {
    "credit_china_from_date": ("date", "date '2025-03-01'"), "credit_china_to_date": ("date", "date '2099-03-01'"),
    "necips_from_date": ("date", "null"), "necips_to_date": ("date", "null"), "masking_rule_id": ("text", "null"),
}  # fmt: skip
_OF_PENALTIES = {"procedure_type": ("text", "null"), "penalty_category": ("text", "'罚款'")}


def _columns(table: str, columns: dict[str, tuple[str, str]]) -> list[str]:
    return [
        f"alter table publicity.{table} add column {name} {kind} default {value};"
        for name, (kind, value) in columns.items()
    ]


SCHEMA = """
create schema publicity; create schema profile; create schema identity;
create table publicity.public_licence (
  record_id text, counterpart_name text, uscc text, decision_number text, licence_content text, decision_date date,
  valid_to_date date, authority_name text, legal_representative text, counterpart_category text);
create table publicity.public_penalty (
  record_id text, counterpart_name text, uscc text, decision_number text, violation_facts text,
  fine_amount_yuan decimal(20, 2), decision_date date, authority_name text, remark text, counterpart_category text,
  record_state text, source_updated_at timestamptz);
create table publicity.public_list_entry (
  record_id text, subject_name text, uscc text, list_type text, ground text, listed_date date, deciding_authority text,
  subject_category text, removed_date date);
create table publicity.public_honour (
  record_id text, subject_name text, uscc text, honour_name text, authority_name text, awarded_date date, valid_until_date date,
  subject_category text, honour_state text, revoked_date date, record_state text, source_updated_at timestamptz,
  credit_china_from_date date, credit_china_to_date date, masking_rule_id text);
create table publicity.public_commitment (
  record_id text, subject_name text, uscc text, commitment_type text, matter text, commitment_date date, authority_name text,
  performance text, subject_category text, record_state text, credit_china_from_date date, credit_china_to_date date,
  masking_rule_id text);
{windows}
create table publicity.list_measure (
  record_id text, measure_id text, uscc text, list_type text, listed_date date, measure text, executing_department text);
create table publicity.public_warning (
  record_id text, receiving_department text, uscc text, subject_name text, list_type text, ground text);
create table profile.enterprise_profile (
  uscc text, enterprise_name text, registration_status text, establishment_date date, former_names text[],
  penalty_count bigint, is_listed boolean, registered_capital_amount decimal(20, 2));
create table identity.enterprise (uscc text, enterprise_name text);
""".format(
    windows="\n".join(
        _columns("public_licence", _WINDOWS)
        + _columns("public_list_entry", _WINDOWS)
        + _columns("public_penalty", {**_WINDOWS, **_OF_PENALTIES})
    )
)


def make(path: Path, enterprises: int = 30, penalties: int = 20, licences: int = 10) -> Path:
    """Write the warehouse with so many rows; the list table stays empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute(SCHEMA)
        for number in range(enterprises):
            division = f"99{number % 3 + 1:02d}01"
            profile = [code(number, division), f"虚构市示例{number:04d}号有限公司", "存续", "2019-03-01"]
            more = [[f"虚构市旧名{number:04d}号有限公司"], number % 4, number % 5 == 0, "1000000.00"]
            connection.execute("insert into profile.enterprise_profile values (?,?,?,?,?,?,?,?)", [*profile, *more])
            connection.execute("insert into identity.enterprise values (?, ?)", profile[:2])
        for number in range(penalties):
            name, facts = f"虚构市示例{number:04d}号有限公司", f"在网店发布虚假广告,第{number}次"
            row = [
                f"p{number:031d}",
                name,
                code(number, f"99{number % 3 + 1:02d}01"),
                f"虚市监罚〔2025〕{number}号",
                facts,
            ]
            rest = [
                f"{number * 100}.50",
                "2025-03-01",
                "虚构市市场监督管理局",
                None,
                "法人及非法人组织",
                "正常",
                "2025-03-02 10:00:00+08",
            ]
            _insert(connection, "public_penalty", [*row, *rest])
        for number in range(licences):
            name, subject = f"虚构市示例{number:04d}号有限公司", code(number, f"99{number % 3 + 1:02d}01")
            row = [f"l{number:031d}", name, subject, f"虚许〔2025〕{number}号", "食品经营许可"]
            rest = ["2025-01-02", "2099-12-31", "虚构市市场监督管理局", "张某某", "法人及非法人组织"]
            _insert(connection, "public_licence", [*row, *rest])
    return path


def _insert(connection: duckdb.DuckDBPyConnection, table: str, values: list[object]) -> None:
    """A row by the position of the columns; those after it take their defaults."""
    names = [row[0] for row in connection.execute(f"describe publicity.{table}").fetchall()][: len(values)]
    places = ", ".join("?" * len(values))
    connection.execute(f"insert into publicity.{table} ({', '.join(names)}) values ({places})", values)


def change(path: Path, statement: str) -> None:
    """Run one statement on the warehouse."""
    with duckdb.connect(path) as connection:
        connection.execute(statement)


HELD_BACK = {
    "legal_representative",
    "counterpart_category",
    "subject_category",
    "record_state",
    "removed_date",
    *_WINDOWS,
    *_OF_PENALTIES,
}


def write_models(folder: Path) -> Path:
    """The models' YAML as dbt has it: every column of ``SCHEMA`` is public but those of ``HELD_BACK``."""
    with duckdb.connect() as connection:
        connection.execute(SCHEMA)
        tables = connection.execute(
            "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns() "
            "where schema_name in ('publicity', 'profile') group by all"
        ).fetchall()
    for schema, table, names in tables:
        lines = ["models:", f"  - name: {table}", "    columns:"]
        for name in names:
            sensitivity = "internal" if name in HELD_BACK else "public"
            lines.append(f"      - {{name: {name}, meta: {{sensitivity: {sensitivity}}}}}")
        (folder / schema).mkdir(parents=True, exist_ok=True)
        (folder / schema / f"{table}.yml").write_text("\n".join(lines), encoding="utf-8")
    return folder
