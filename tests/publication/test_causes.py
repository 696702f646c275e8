"""Why a row differs: told from the links as they were, the windows in the rows, and what the manifests name."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from lake.tables import overwrite_once, version
from publication import show_release
from publication.causes import LINKS
from publication.changes import DatasetDiff, diff
from publication.manifest import Manifest
from tests.publication.conftest import Lake
from tests.publication.warehouse import code

FIELDS = ("record_id", "role", "business_key", "uscc", "status", "decision_number")
SCHEMA = pa.schema([pa.field(name, pa.string()) for name in FIELDS])
VIEWS = pa.schema([pa.field(name, pa.string_view()) for name in FIELDS])
"""As the engine hands texts over when the lake is exported; readers find them in the files as such."""

OTHER = code(99, "990101")


def record(number: int) -> str:
    return f"p{number:031d}"


def write_links(lake: Lake, **moved: tuple[str | None, ...]) -> int:
    """The links of all twenty penalties; ``moved`` gives some of them another business key, code, status or decision."""
    rows = {record(n): (f"key{n}", code(n, f"99{n % 3 + 1:02d}01"), "linked", None) for n in range(20)}
    rows.update(moved)
    found = [dict(zip(FIELDS, (key, "counterpart", *rest), strict=True)) for key, rest in rows.items() if rest]
    table = pa.Table.from_pylist(found, SCHEMA).cast(VIEWS)
    overwrite_once(lake.storage, LINKS, table.to_batches(), VIEWS, f"links {len(moved)} {sorted(moved)}")
    number = version(lake.storage, LINKS)
    assert number is not None
    return number


def made_from(lake: Lake, release: str | None, links: int, **inputs: object) -> Manifest:
    manifest = show_release(lake.storage, release)
    return manifest.model_copy(
        update={"inputs": manifest.inputs.model_copy(update={"copy_versions": {LINKS: links}, **inputs})}
    )


def penalties(lake: Lake, before: Manifest, after: Manifest) -> DatasetDiff:
    return next(one for one in diff(lake.storage, before, after).datasets if one.id == "public_penalty")


def causes_of(found: DatasetDiff) -> dict[str | None, str]:
    return {row.key["record_id"]: row.cause for row in found.rows}


def test_source_link_and_person(lake: Lake) -> None:
    first, links = lake.publish().version, write_links(lake)
    for number in (1, 2):
        lake.change(f"update publicity.public_penalty set uscc = '{OTHER}' where record_id = '{record(number)}'")
    lake.change(f"delete from publicity.public_penalty where record_id in ('{record(3)}', '{record(4)}')")
    lake.publish()
    moved = {
        record(1): ("key1", OTHER, "linked", None),
        record(2): ("key2", OTHER, "linked", "裁字1号"),
        record(3): (),
        record(4): ("key4", None, "in_review", None),
    }
    after = made_from(lake, None, write_links(lake, **moved))
    found = penalties(lake, made_from(lake, first, links), after)
    assert causes_of(found) == {record(1): "link", record(2): "person", record(3): "source", record(4): "link"}
    assert found.causes == {"source": 1, "link": 2, "person": 1}


def test_a_record_delivered_anew_is_one_changed_row(lake: Lake) -> None:
    first, links = lake.publish().version, write_links(lake)
    set_anew = f"record_id = 'p-new', fine_amount_yuan = 9 where record_id = '{record(5)}'"
    lake.change(f"update publicity.public_penalty set {set_anew}")
    lake.publish()
    moved = {record(5): (), "p-new": ("key5", code(5, "990301"), "linked", None)}
    found = penalties(lake, made_from(lake, first, links), made_from(lake, None, write_links(lake, **moved)))
    assert (found.added, found.changed, found.removed, found.causes) == (0, 1, 0, {"source": 1})
    [row] = found.rows
    assert [(field.name, field.before, field.after) for field in row.fields] == [("fine_amount_yuan", "500.50", "9.00")]


def test_windows_that_ended_rules_and_code(lake: Lake) -> None:
    lake.change("update publicity.public_penalty set necips_from_date = '2025-01-01', necips_to_date = '2099-01-01'")
    lake.change("alter table publicity.public_penalty add column necips_rule_id text default 'P-01'")
    models = lake.options.models_folder / "publicity" / "public_penalty.yml"
    more = [
        f"      - {{name: necips_{name}, meta: {{sensitivity: public}}}}"
        for name in ("from_date", "to_date", "rule_id")
    ]
    models.write_text("\n".join([models.read_text(encoding="utf-8"), *more]), encoding="utf-8")
    lake.change(f"update publicity.public_penalty set necips_to_date = current_date where record_id = '{record(6)}'")
    first, links = lake.publish().version, write_links(lake)
    lake.change(f"delete from publicity.public_penalty where record_id in ('{record(6)}', '{record(7)}')")
    lake.change(f"update publicity.public_penalty set necips_rule_id = 'P-02' where record_id = '{record(8)}'")
    lake.publish()
    before, after = made_from(lake, first, links), made_from(lake, None, links)
    later = after.model_copy(update={"created_at": after.created_at + timedelta(days=1)})
    ended = {record(6): "clock", record(8): "rule"}
    assert causes_of(penalties(lake, before, later)) == {**ended, record(7): "unknown"}
    other_rules = made_from(lake, None, links, policy_digest="other").model_copy(
        update={"created_at": later.created_at}
    )
    assert causes_of(penalties(lake, before, other_rules)) == {**ended, record(7): "rule"}
    other_code = made_from(lake, None, links, models_digest="other").model_copy(update={"created_at": later.created_at})
    assert causes_of(penalties(lake, before, other_code)) == {**ended, record(7): "code"}


def test_a_profile_follows_the_records_of_its_enterprise(lake: Lake) -> None:
    first, links = lake.publish().version, write_links(lake)
    subject = code(1, "990201")
    lake.change(f"delete from publicity.public_penalty where record_id = '{record(1)}'")
    lake.change(f"update profile.enterprise_profile set penalty_count = 0 where uscc = '{subject}'")
    lake.publish()
    before, after = made_from(lake, first, links), made_from(lake, None, write_links(lake, **{record(1): ()}))
    profiles = next(one for one in diff(lake.storage, before, after).datasets if one.id == "enterprise_profile")
    assert [(row.key["uscc"], row.cause) for row in profiles.rows] == [(subject, "source")]
