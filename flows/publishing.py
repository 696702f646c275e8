"""Publishing as a run does it: every edition by itself, so that what stops one keeps no other from its release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from publication.editions import DEPARTMENTS, department_datasets, has_anything, options_of, records_of, storage_of

if TYPE_CHECKING:
    from flows.job import Job
    from lake.storage import Storage
    from publication.editions import EditionName
    from publication.manifest import PublishResult, ReasonClass
    from publication.publish import Approve, Options

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


def withdraw_from_editions(job: Job, records: Sequence[str], reason_class: ReasonClass) -> None:
    """The current releases without the records, in whichever edition they are."""
    from expectations import judge
    from publication.dataset import load_datasets

    judge.prepare()  # it takes seconds to import, and every withdrawal is judged
    theirs = records_of(storage_of(job.storage, DEPARTMENTS), department_datasets(), records)
    if theirs:
        _publish(job, DEPARTMENTS, _without(job, theirs, reason_class))
    lists = [one for one in load_datasets() if one.id == "public_list_entry"]
    in_both = records_of(job.storage, lists, theirs)
    others = [record for record in records if record not in theirs or record in in_both]
    if others or not records:
        _publish(job, "public", _without(job, others, reason_class))


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


def _without(job: Job, records: Sequence[str], reason_class: ReasonClass) -> Make:
    from publication.urgent import withdraw

    def make(place: Storage, options: Options, approve: Approve) -> PublishResult:
        assert job.approver is not None
        given = (job.settings, place, records, reason_class, job.run.run_id, job.progress, approve)
        return withdraw(*given, approver=job.approver, options=options)

    return make


def _taken_down(place: Storage) -> set[str]:
    """Records that an urgent release took down and that later ones leave out."""
    from publication.releases import manifest_of, read_pointer

    manifest = manifest_of(place, read_pointer(place))
    return {one.record_id for one in manifest.withdrawn} if manifest else set()
