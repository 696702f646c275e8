"""The desk's feed: what people decided about complaints that name their respondent too briefly to tell."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from example_region.randomness import Indices
from example_region.rows import Rows
from lake.record_ids import id_prefix, record_id

SYSTEM, CONTRACT = "desk", "link_decision"
DECIDED = "complaint"
MOST_DECISIONS = 12
_KINDS = ("name_only", "name_short_without_code", "former_name_without_code")
_HEADER = (
    "认定编号", "认定结论", "适用范围", "记录编号", "主体角色", "主体名称", "统一社会信用代码", "认定理由", "认定时间", "认定人",
    "撤销的认定编号",
)  # fmt: skip


@dataclass(frozen=True)
class _Complaint:
    """A complaint as it stands in its file, and who it is about."""

    path: str
    source_row: int
    name: str
    uscc: str


@dataclass
class Desk:
    """Keeps the first complaints that a person may have to decide; the same ones whatever the block size."""

    kept: list[_Complaint] = field(default_factory=list)

    def see(self, contract_id: str, paths: dict[int, str], rows: Rows, source_rows: Indices) -> None:
        """Rows that were written at ``source_rows`` of the files of their versions."""
        if contract_id != DECIDED or len(self.kept) >= MOST_DECISIONS:
            return
        subject = rows.subjects[0]
        fits = np.isin(subject.kind, _KINDS) & subject.is_registered & rows.is_clean & ~rows.repeats
        for place in np.flatnonzero(fits).tolist()[: MOST_DECISIONS - len(self.kept)]:
            name, uscc = rows.columns["respondent_name"][place].as_py(), subject.uscc[place].as_py()
            if name and uscc:
                self.kept.append(_Complaint(paths[int(rows.version[place])], int(source_rows[place]), name, uscc))

    def write(self, folder: Path, path: str) -> int:
        """Write the decisions to ``path`` below ``folder``; gives their number, 0 and no file when there is none."""
        lines = [self._line(folder, number, one) for number, one in enumerate(self.kept, start=1)]
        if not lines:
            return 0
        lines.append(self._turned_back())
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows([_HEADER, *lines])
        return len(lines)

    def _line(self, folder: Path, number: int, one: _Complaint) -> tuple[str, ...]:
        """Most say who it is; every fourth is left open."""
        system_id, contract_id, _ = one.path.split("/", 2)
        digest = sha256((folder / one.path).read_bytes()).hexdigest()
        named = record_id(id_prefix(system_id, contract_id, digest), one.source_row)
        place = ("记录", named, "respondent", one.name)
        moment = f"2025-12-01 09:{number:02d}:00"
        if number % 4 == 0:
            return (_number(number), "待定", *place, "", "", "", "S0018", "")
        return (_number(number), "同一", *place, one.uscc, "经电话核实", moment, "S0018", "")

    def _turned_back(self) -> tuple[str, ...]:
        return (
            _number(len(self.kept) + 1),
            "撤销",
            "",
            "",
            "",
            "",
            "",
            "核实有误",
            "2025-12-02 10:00:00",
            "S0021",
            _number(1),
        )


def _number(number: int) -> str:
    return f"RD990101-2025-{number:04d}"
