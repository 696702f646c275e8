"""The systems that the 2018 plan names, as the example region has them.

One module per system, found by itself: it holds ``SYSTEM``. How the system is reached (paths, paging, signing in, table
names, patterns) is read from ``connectors/sources/<id>.yaml``, so a module says only what the records are:

    def complaints(block: Block) -> Rows:                       # one row per enterprise that occurs in the block
        written, truth = block.subject("respondent")           # the contract's role; the noise of departments included
        day = block.days("received")
        return block.rows(
            {
                "complaint_number": block.numbers("JB"),       # every column as bronze would hold it
                "received_at": block.times("received", day),
                "respondent_name": written.name,
                "respondent_uscc": written.uscc,
                …
            },
            truth,                                             # one per role; none for records about no enterprise
        )

    SYSTEM = System("12358", (
        Feed(
            "complaint", complaints,
            layout={"complaint_number": "举报编号", …},         # contract column -> header, field or database column
            delivery=Files("价格举报", "csv_gb18030_bare"),     # or Service(), or Database(types=(("gxsj", "timestamp"),))
            locator="complaint_number",
            dirt=(Dirt("date_impossible", "received_at", "2024-02-30 10:00:00", reason="time_unreadable"),
                  Dirt("chinese_date", "concluded_at", lambda cell: "2025年1月3日", "2025-01-03 00:00:00")),
        ),
    ))

What lies where: ``<out>/_services/<system>/…`` holds what each system would serve or lay out: files below the folder
that its declaration's location or address names (its first variable stands for ``<out>/_services/<system>``),
``<contract>.jsonl`` for services, ``<contract>.csv`` for databases. ``<out>/_truth/systems.parquet`` has one row per
row and role: where to find it (``locator``), what becomes of it, who it is about, and for planted dirt the column with
the value that bronze must hold or the reason of the quarantine.

Rules: a row depends on seed and enterprise alone (use ``block.draws``), so that blocks of any size give the same bytes;
the first ``FLOOR`` enterprises are in every feed and carry one kind of ``dirt`` each, so no feed has more kinds than
that; rows with planted dirt name their enterprise plainly. Columns that the department does not send are left out of
``layout``. ``scale``: at 20,000 enterprises a rate of 0.06 gives some 1,250 rows.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from example_region.systems.frame import System


@cache
def systems() -> dict[str, System]:
    """All systems by id, in the order of their ids."""
    modules = [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)]
    found = [module.SYSTEM for module in modules if hasattr(module, "SYSTEM")]
    return {one.id: one for one in sorted(found, key=lambda one: str(one.id))}
