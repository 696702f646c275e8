"""The reviewer's chart: a waterfall of evidence as an SVG of its own, without anything from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from lake.messages import text
from linkage.evidence import SUREST, Step, log_odds, share
from linkage.explanation import Comparison, Explanation
from linkage.wording import worded

WIDTH = 900
_LABELS, _LEFT, _RIGHT, _ROW = 16, 300, 860, 30
_TICKS = (0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)
_THRESHOLD = 0.9999
_LEAST, _MOST = -6.0, 14.0
_FOR, _AGAINST, _QUIET, _INK = "#2f7d4f", "#b3402e", "#8a8f98", "#1f2430"
_FONT = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"


def chart(explanations: Sequence[Explanation]) -> str:
    """One SVG document for all roles of a record, one below the other, in the current language."""
    parts, top = [], 0
    for explanation in explanations:
        rows, height = _panel(explanation)
        parts.append(f'<g transform="translate(0,{top})">{"".join(rows)}</g>')
        top += height
    title = escape(text("linkage.chart_title"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
        f' role="img" font-family="{_FONT}" font-size="14"><title>{title}</title>'
        f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _panel(explanation: Explanation) -> tuple[list[str], int]:
    rows = [_text(_LABELS, 28, explanation.headline, size=16, weight="bold"), _text(_LABELS, 52, explanation.verdict)]
    top = 76
    if explanation.ruling:
        rows.append(_text(_LABELS, top, explanation.ruling))
        top += 24
    if explanation.steps:
        bars, top = _waterfall(explanation, top)
        rows += bars
    if explanation.runner_up_uscc:
        rows.append(_text(_LABELS, top + 20, explanation.second, colour=_QUIET))
        top += 28
    fields = [field for field in explanation.fields if field.written or field.registered]
    rows += list(_table(fields, top + 16))
    return rows, top + 16 + 24 * (len(fields) + 1) + 20


def _waterfall(explanation: Explanation, top: int) -> tuple[list[str], int]:
    """Bars from what was known before a step to what is known after it, over a scale of sureness."""
    count = len(explanation.steps) + (1 if explanation.reason else 0)
    bottom = top + 24 + count * _ROW
    rows = [_tick(tick, top, bottom) for tick in _TICKS]
    for place, step in enumerate(explanation.steps):
        rows.append(_bar(step, top + 24 + place * _ROW))
    if explanation.reason:
        y = top + 24 + len(explanation.steps) * _ROW
        rows.append(_text(_LABELS, y + 20, text("linkage.chart_forbidden"), colour=_AGAINST))
        rows.append(_text(_LEFT, y + 20, worded("reason", explanation.reason), colour=_AGAINST, weight="bold"))
    return rows, bottom + 4


def _bar(step: Step, y: int) -> str:
    start, end = _place(step.before), _place(step.after)
    colour = _FOR if end >= start else _AGAINST
    label = (
        worded("method", step.code.removeprefix("method_"))
        if step.code.startswith("method_")
        else (worded("step", step.code))
    )
    return "".join(
        [
            _text(_LABELS, y + 20, label),
            f'<rect x="{min(start, end):.1f}" y="{y + 6}" width="{max(abs(end - start), 2):.1f}" height="18"'
            f' rx="2" fill="{colour}"/>',
            f'<line x1="{end:.1f}" y1="{y + 6}" x2="{end:.1f}" y2="{y + _ROW + 6}" stroke="{_QUIET}"/>',
            _text(max(start, end) + 6, y + 20, _percent(step.after), size=12, colour=_QUIET),
        ]
    )


def _tick(tick: float, top: int, bottom: int) -> str:
    x = _place(log_odds(tick))
    is_threshold = tick == _THRESHOLD
    colour, dashes = (_INK, ' stroke-dasharray="5 3"') if is_threshold else ("#dde1e7", "")
    label = f"{tick * 100:g}%"
    return f'<line x1="{x:.1f}" y1="{top + 18}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"{dashes}/>' + _text(
        x, top + 12, label, size=11, colour=_INK if is_threshold else _QUIET, anchor="middle"
    )


def _table(fields: Sequence[Comparison], top: int) -> Iterator[str]:
    marks = {True: ("✓", _FOR), False: ("✗", _AGAINST), None: ("·", _QUIET)}
    columns = (_LABELS + 24, _LEFT, 590)
    for x, heading in zip(columns, ("field", "written", "registered"), strict=True):
        yield _text(x, top + 16, text(f"linkage.chart_{heading}"), size=12, colour=_QUIET)
    for place, field in enumerate(fields, start=1):
        y = top + 16 + 24 * place
        mark, colour = marks[field.agrees]
        yield f'<line x1="{_LABELS}" y1="{y - 17}" x2="{_RIGHT}" y2="{y - 17}" stroke="#eceff3"/>'
        yield _text(_LABELS, y, mark, colour=colour, weight="bold")
        cells = (worded("field", field.field), field.written or "—", field.registered or "—")
        for x, cell in zip(columns, cells, strict=True):
            yield _text(x, y, _shortened(cell))


def _place(odds: float) -> float:
    """Where log-odds stand on the scale, in pixels."""
    kept = min(max(odds, _LEAST), _MOST)
    return _LEFT + (kept - _LEAST) / (_MOST - _LEAST) * (_RIGHT - _LEFT - 60)


def _percent(odds: float) -> str:
    """A sureness as a person reads it; what lies beyond measuring is whole."""
    digits = f"{share(odds) * 100:.4f}" if odds < log_odds(SUREST) else "100"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}%"


def _shortened(cell: str) -> str:
    return cell if len(cell) <= 20 else f"{cell[:19]}…"


def _text(x: float, y: float, words: str, **style: object) -> str:
    size, colour = style.get("size", 14), style.get("colour", _INK)
    further = "".join(
        f' {name}="{style[key]}"'
        for key, name in (("weight", "font-weight"), ("anchor", "text-anchor"))
        if key in style
    )
    return f'<text x="{x:.1f}" y="{y}" font-size="{size}" fill="{colour}"{further}>{escape(words)}</text>'
