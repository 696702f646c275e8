"""Great Expectations decides: it judges measures, failing rows and bounded frames of files, and builds Data Docs.

Its pandas engine is used because its SQL engine does not work with DuckDB. It is imported only when there is something
to judge (2.4 to 9 s), and its analytics are off before that.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from expectations.first_page import write_first_page
from expectations.measure import OUTLETS, Measure
from expectations.result import SHOWN_ROWS, CheckOutcome, CheckResult, FailingRow
from lake.messages import text

SITE = "creditlake"
SEVERITIES = {"block": "critical", "warn": "warning"}


def prepare() -> threading.Thread:
    """Begin importing Great Expectations in the background, while DuckDB measures."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    thread = threading.Thread(target=import_module, args=("great_expectations",), daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True)
class Rule:
    """An expectation on a bounded frame of released rows; ``name`` is the Great Expectations class."""

    kind: str
    name: str
    arguments: Mapping[str, object]
    column: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    hide_values: bool = False


class Judge:
    """Collects suites, runs them and keeps the outcomes in the order they were given."""

    def __init__(self, run_id: str) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        # It tells everybody about its temporary folders, in one module by a level of its own.
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        self._gx: Any = import_module("great_expectations")
        logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
        self._expectations: Any = import_module("great_expectations.expectations")
        self._pandas: Any = import_module("pandas")
        self._context = self._gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        self._source = self._context.data_sources.add_pandas("lake")
        self._run_id = run_id
        self.outcomes: list[CheckOutcome] = []
        self._suites: dict[str, tuple[int, int]] = {}

    def judge_measures(
        self, title: str, measures: Sequence[Measure], failing: Mapping[str, Sequence[FailingRow]]
    ) -> None:
        """Judge one row of numbers, a column each; ``failing`` holds the bounded rows found for a check id."""
        if not measures:
            return
        frame = self._pandas.DataFrame({measure.id: [float(measure.value)] for measure in measures})
        expectations = [
            self._expectations.ExpectColumnMaxToBeBetween(
                column=measure.id,
                min_value=measure.minimum,
                max_value=measure.maximum,
                severity=SEVERITIES[measure.severity],
                description=title_of(measure.kind, measure.parameters),
                notes=_notes(measure),
                meta={"check": measure.id},
            )
            for measure in measures
        ]
        passed = self._run(title, frame, expectations)
        for measure in measures:
            rows = tuple(failing.get(measure.id, ()))[:SHOWN_ROWS]
            self.outcomes.append(_outcome(measure, passed[measure.id], rows))
        self._judge_failing_rows(title, measures, failing)

    def judge_frame(self, suite: str, title: str, frame: Any, rules: Sequence[Rule]) -> None:
        """Judge a bounded frame of released rows; a broken rule blocks and is the engineer's."""
        expectations = [self._expectation(suite, rule) for rule in rules]
        passed = self._run(title, frame, expectations)
        for rule in rules:
            measure = Measure(
                suite, rule.kind, 0, "block", "engineer", column=rule.column, parameters=dict(rule.parameters)
            )
            self.outcomes.append(_outcome(measure, passed[_rule_id(suite, rule)], ()))

    def build_data_docs(self, folder: Path, result: CheckResult) -> None:
        """Write the static site into ``folder`` in place of the one there, with ``result`` on its first page.

        Raises what kept a page from being written; the site that was there then stays.
        """
        fresh = folder.with_name(folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for name in list(self._context.get_site_names()):
            self._context.delete_data_docs_site(name)
        self._context.add_data_docs_site(
            site_name=SITE,
            site_config={
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(fresh)},
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        with _missing_pages_raised():
            self._context.build_data_docs()
        write_first_page(fresh, result, self._suites)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)

    def _judge_failing_rows(
        self, title: str, measures: Sequence[Measure], failing: Mapping[str, Sequence[FailingRow]]
    ) -> None:
        """The failing rows as a frame of their own, so that Data Docs shows file and row of each."""
        shown = [(measure, row) for measure in measures for row in failing.get(measure.id, ())]
        if not shown:
            return
        names = {key: text(f"expectations.column_{key}") for key in ("check", "file", "row", "values")}
        frame = self._pandas.DataFrame(
            {
                names["check"]: [title_of(measure.kind, measure.parameters) for measure, _ in shown],
                names["file"]: [row.file for _, row in shown],
                names["row"]: [row.row for _, row in shown],
                names["values"]: [
                    "; ".join(f"{key}={value}" for key, value in row.columns.items()) for _, row in shown
                ],
            }
        )
        expectation = self._expectations.ExpectColumnValuesToNotBeInSet(
            column=names["check"],
            value_set=sorted(set(frame[names["check"]])),
            description=text("expectations.title_failing_rows"),
            meta={"check": "failing_rows"},
        )
        shape = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [names["file"], names["row"], names["values"]],
            "return_unexpected_index_query": False,
        }
        self._run(text("expectations.suite_failing_rows", suite=title), frame, [expectation], shape)

    def _expectation(self, suite: str, rule: Rule) -> Any:
        return getattr(self._expectations, rule.name)(
            **rule.arguments,
            severity="critical",
            description=title_of(rule.kind, rule.parameters),
            meta={"check": _rule_id(suite, rule)},
            **({"result_format": "BOOLEAN_ONLY"} if rule.hide_values else {}),
        )

    def _run(
        self, title: str, frame: Any, expectations: Sequence[Any], result_format: Mapping[str, object] | None = None
    ) -> dict[str, bool]:
        """Check id to verdict; an expectation that could not be evaluated counts as failed."""
        asset = self._source.add_dataframe_asset(title)
        batch = asset.add_batch_definition_whole_dataframe("all")
        suite = self._context.suites.add(self._gx.ExpectationSuite(name=title, expectations=list(expectations)))
        definition = self._context.validation_definitions.add(
            self._gx.ValidationDefinition(name=title, data=batch, suite=suite)
        )
        run_id = import_module("great_expectations.core.run_identifier").RunIdentifier(run_name=self._run_id)
        result = definition.run(
            batch_parameters={"dataframe": frame}, run_id=run_id, result_format=result_format or "SUMMARY"
        )
        passed = {entry.expectation_config.meta["check"]: bool(entry.success) for entry in result.results}
        self._suites[title] = (sum(passed.values()), len(passed) - sum(passed.values()))
        return passed


def title_of(kind: str, parameters: Mapping[str, object]) -> str:
    """The sentence that says what a check demands."""
    return text(f"expectations.title_{kind}", **parameters)


class _MissingPage(logging.Handler):
    """Raises the error that Great Expectations is about to log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Called while the error is being handled; without one there is nothing to raise."""
        error = sys.exc_info()[1]
        if record.levelno >= logging.ERROR and error is not None:
            raise error


@contextmanager
def _missing_pages_raised() -> Iterator[None]:
    """Great Expectations logs a page it cannot write and goes on; here a site that lacks pages is an error."""
    log = logging.getLogger("great_expectations.render.renderer.site_builder")
    handler, propagate = _MissingPage(), log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


def _rule_id(suite: str, rule: Rule) -> str:
    return ".".join(part for part in (suite, rule.kind, rule.column) if part)


def _notes(measure: Measure) -> str:
    owner = text(f"expectations.owner_{measure.owner}")
    return text("expectations.notes", owner=owner, outlet=text(OUTLETS[measure.owner]))


def _outcome(measure: Measure, passed: bool, rows: tuple[FailingRow, ...]) -> CheckOutcome:
    return CheckOutcome(
        id=measure.id,
        suite=measure.suite,
        title=title_of(measure.kind, measure.parameters),
        severity=measure.severity,
        owner=measure.owner,
        outlet=text(OUTLETS[measure.owner]),
        passed=passed,
        observed=measure.value,
        minimum=measure.minimum,
        maximum=measure.maximum,
        failing_rows=rows,
    )
