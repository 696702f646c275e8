"""One suite per published dataset: keys, orphans, what must never be shown, and lists that look strange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict

from connectors.contract import load_contract
from expectations.measure import FailingRows, Measure, Owner, Severity
from expectations.tables import columns_of, number, quoted

OUTPUTS = Path(__file__).parent / "outputs.yaml"


class OutputCheck(BaseModel):
    """A rule of an output: ``broken`` is the SQL condition of a row that breaks it, ``t`` the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    broken: str
    columns: tuple[str, ...]
    severity: Severity
    owner: Owner


class Output(BaseModel):
    """A published table and its rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    table: str
    title: str
    contract: str
    key: tuple[str, ...]
    name: str
    checks: tuple[OutputCheck, ...]


def load_outputs(path: Path = OUTPUTS) -> list[Output]:
    """The outputs declared in ``outputs.yaml``."""
    return [Output.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def measure_output(connection: duckdb.DuckDBPyConnection, output: Output) -> list[Measure]:
    """All measures of an output's suite; empty when the table is not built."""
    found = columns_of(connection, output.table)
    if not found:
        return []
    key = ", ".join(quoted(name) for name in output.key)
    repeated = f"({key}) in (select {key} from {output.table} group by {key} having count(*) > 1)"
    rules = [
        OutputCheck(kind="repeated_key", broken=repeated, columns=output.key, severity="block", owner="engineer"),
        OutputCheck(
            kind="name_missing", broken=f"t.{quoted(output.name)} is null", columns=(output.name,), severity="block",
            owner="engineer",
        ),
        *output.checks,
    ]  # fmt: skip
    return list(_measured(connection, output, rules, found))


def _measured(
    connection: duckdb.DuckDBPyConnection, output: Output, rules: list[OutputCheck], found: dict[str, str]
) -> Iterator[Measure]:
    for rule in rules:
        if not set(rule.columns) <= set(found):
            # a rule that cannot be asked must not pass in silence
            missing = ", ".join(sorted(set(rule.columns) - set(found)))
            parameters: dict[str, object] = {"rule": rule.kind, "columns": missing}
            yield Measure(
                output.id, "rule_column_missing", 1, "block", "engineer", column=rule.kind, parameters=parameters
            )
            continue
        relation = f"(select * from {output.table} t where {rule.broken})"
        value = number(connection, f"select count(*) from {relation}")
        yield Measure(
            suite=output.id,
            kind=rule.kind,
            value=value,
            severity=rule.severity,
            owner=rule.owner,
            column=rule.columns[0] if rule.kind in {"repeated_key", "name_missing"} else None,
            parameters={"column": rule.columns[0]},
            failing=_failing(output, rule, relation, found) if value else None,
        )


def _failing(output: Output, rule: OutputCheck, relation: str, found: dict[str, str]) -> FailingRows:
    """Failing rows of an output, led back to the file they came from where the record is known."""
    shown = [name for name in dict.fromkeys([*output.key, "uscc", output.name, *rule.columns]) if name in found]
    selected = ", ".join(f"t.{quoted(name)} as {quoted(name)}" for name in shown if name != "record_id")
    clear = frozenset(
        column.name for column in load_contract(output.contract).columns if column.sensitivity == "public"
    )
    if output.key != ("record_id",):
        return FailingRows(f"select null as file, null as row, null as record_id, {selected} from {relation} t", clear)
    staging = f"staging.stg_{output.contract}"
    query = (
        f"select b.path as file, s.source_row as row, t.record_id, {selected} from {relation} t "
        f"left join {staging} s using (record_id) left join staging.current_batch b on b.batch_id = s.batch_id"
    )
    return FailingRows(query, clear)
