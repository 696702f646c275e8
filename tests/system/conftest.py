"""The example region after one main job, for every test of the whole program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import example_region
from tests.system.lake_content import Content, lake_content
from tests.system.program import Program

ENTERPRISES = 120


@dataclass(frozen=True)
class Finished:
    """A lake on disk after one main job: the program on it, what the job printed, and the lake's content then."""

    program: Program
    document: Any
    content: Content


@pytest.fixture(scope="session")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small region."""
    folder = tmp_path_factory.mktemp("region") / "drop"
    example_region.generate(folder, enterprises=ENTERPRISES, seed=7)
    return folder


@pytest.fixture(scope="session")
def job_on_disk(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One main job on disk that nothing disturbed; other tests may have gone on with its lake since."""
    folder = tmp_path_factory.mktemp("disk")
    program = Program(str(folder / "lake"), folder / "work")
    document = program.json("run", "--drop", str(drop))
    return Finished(program, document, lake_content(program.storage()))


@pytest.fixture
def finished(job_on_disk: Finished) -> Program:
    """The program on the lake of ``job_on_disk``."""
    return job_on_disk.program
