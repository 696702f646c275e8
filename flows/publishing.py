"""Publishing as a run does it: every edition by itself, so that what stops one keeps no other from its release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lake.messages import text
from publication.editions import DEPARTMENTS, department_datasets, has_anything, options_of, records_of, storage_of

if TYPE_CHECKING:
    from flows.job import Job
    from lake.storage import Storage
    from publication.editions import EditionName
    from publication.manifest import PublishResult
    from publication.policy import Row
    from publication.publish import Approve, Options
    from publication.urgent_ends import Touched
    from publication.withdrawal import End

    Make = Callable[[Storage, Options, Approve], PublishResult]


def publish_editions(job: Job) -> None:
    """The warehouse's content or, where the job names one, that of an older release."""
    from publication.releases import list_releases

    departments = storage_of(job.storage, DEPARTMENTS)
    if job.content_of is not None:
        theirs = {one.version for one in list_releases(departments)}
        _publish(job, DEPARTMENTS if job.content_of in theirs else "public", _older(job, job.content_of))
        job.note_first_publications()
        return
    lifted = _taken_down(departments) & set(job.lifts)
    there = _taken_down(job.storage) if lifted else set()
    # What no edition took down is for the public one to refuse.
    _publish(job, "public", _warehouse(job, [one for one in job.lifts if one not in lifted or one in there]))
    job.note_first_publications()
    if has_anything(job.settings, departments):
        _publish(job, DEPARTMENTS, _warehouse(job, [one for one in job.lifts if one in lifted]))


def withdraw_from_editions(job: Job, ends: Sequence[End]) -> None:
    """The current releases without the records that end, in whichever edition they are."""
    from expectations import judge
    from publication.dataset import load_datasets

    judge.prepare()  # it takes seconds to import, and every withdrawal is judged
    records = [end.record_id for end in ends]
    theirs = records_of(storage_of(job.storage, DEPARTMENTS), department_datasets(), records)
    if theirs:
        _publish(job, DEPARTMENTS, _without(job, [end for end in ends if end.record_id in theirs]))
    lists = [one for one in load_datasets() if one.id == "public_list_entry"]
    in_both = records_of(job.storage, lists, theirs)
    others = [end for end in ends if end.record_id not in theirs or end.record_id in in_both]
    if others or not ends:
        _publish(job, "public", _without(job, others))


def take_down_ended(job: Job) -> None:
    """Withdraw what has been delivered as ended since the current release, where a rule gives a deadline for it.

    Tables are built only when such a row may be about a shown record; most runs end with the first look. What was not taken
    down (a guard rail, a crash, a faster publisher) is looked at again by the next run.
    """
    from flows.job import tables_held
    from publication import policy
    from publication.urgent_ends import find_touched

    rules = policy.load()["policy_urgent_end"]
    if not find_touched(job.storage, rules):
        return
    with tables_held(job):
        # Whoever held the tables may have published it.
        if touched := find_touched(job.storage, rules):
            _judge_and_withdraw(job, touched, rules)


def _judge_and_withdraw(job: Job, touched: Sequence[Touched], rules: Sequence[Row]) -> None:
    from publication.urgent_ends import sure_ends
    from transforms.state import decision_day
    from transforms.warehouse import open_warehouse

    job.note(text("flows.ends_to_judge", records=len({one.record_id for one in touched})))
    needs_build = not _has_built(job, touched)
    if needs_build:
        job.do("read")
        job.do("build")
    with open_warehouse(job.settings, job.storage) as connection:
        ends = sure_ends(connection, touched, rules, decision_day())
    if ends:
        job.withdraw(ends)
    if needs_build:  # so that the next whole run exports no more than its own changes
        job.do("export")


def _has_built(job: Job, touched: Sequence[Touched]) -> bool:
    """Whether the warehouse rests on every row that may end a record."""
    from publication.urgent_ends import batches_at
    from transforms.state import read_state

    state = read_state(job.settings)
    return state is not None and {one.batch_id for one in touched} <= batches_at(job.storage, state.inputs.ledger)


def _publish(job: Job, edition: EditionName, make: Make) -> None:
    """One edition; what the gate blocks is kept as a refusal."""
    from expectations import ReleaseBlockedError, gate

    place, options = storage_of(job.storage, edition), options_of(job.settings, edition)
    given = (place.settings, place, job.run.run_id, job.progress)
    approve = gate(*given, job.accept, is_approved=job.approver is not None)
    try:
        job.call("publish", lambda: make(place, options, approve).model_copy(update={"edition": edition}))
    except ReleaseBlockedError as error:
        job.keep("check", error.result.seconds, error.result, True)


def _warehouse(job: Job, lifts: Sequence[str]) -> Make:
    from publication.publish import publish

    def make(place: Storage, options: Options, approve: Approve) -> PublishResult:
        given = (job.settings, place, job.run.run_id, job.progress, approve)
        return publish(*given, approver=job.approver, lifts=lifts, options=options)

    return make


def _older(job: Job, version: str) -> Make:
    from publication.rollback import rollback

    def make(place: Storage, options: Options, approve: Approve) -> PublishResult:
        assert job.approver is not None
        given = (job.settings, place, version, job.run.run_id, job.progress, approve)
        return rollback(*given, approver=job.approver, options=options)

    return make


def _without(job: Job, ends: Sequence[End]) -> Make:
    from publication.urgent import withdraw

    def make(place: Storage, options: Options, approve: Approve) -> PublishResult:
        given = (job.settings, place, ends, job.run.run_id, job.progress, approve)
        return withdraw(*given, approver=job.approver, options=options)

    return make


def _taken_down(place: Storage) -> set[str]:
    """Records that an urgent release took down and that later ones leave out."""
    from publication.releases import manifest_of, read_pointer

    manifest = manifest_of(place, read_pointer(place))
    return {one.record_id for one in manifest.withdrawn} if manifest else set()
