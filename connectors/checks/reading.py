"""How the values that need a look are read: one SQL statement per family of kinds.

The statements do not change from contract to contract; the contract gives their parameters, one row per distinct text
of a column (``Parameters``). A statement over all columns of a family costs a bind once per batch instead of once per
column, and a text that stands in a million rows is read once. Notes and breaches are code texts of the catalogue
(``checks.note_<code>``, ``checks.<code>``), several notes joined by a comma, null where nothing is to be said.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.checks.macros import YUAN_WORDS
from connectors.contract.model import CODE_KINDS, DATE_KINDS, LIST_KINDS, Column, Contract, Value

UNIT_SCALE = {"元": 1, "万元": 10_000}
EARLIEST_YEAR, LATEST_YEAR = 1840, 2098
# A stray replacement character in running text is noted; from this share on the row is unreadable.
REPLACEMENT_SHARE = 0.05
SEVERAL_SEPARATOR = "；"


@dataclass(frozen=True)
class ColumnUse:
    """A column of the contract as this file has it: ``place`` among the contract's columns, ``unit`` of bare numbers.

    ``notes`` are put on every value (what the alias of the header says).
    """

    column: Column
    place: int
    required: bool = False
    expected: bool = False
    unit: str | None = None
    unit_is_assumed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The statement that reads this column."""
        kind = self.column.kind
        if kind in CODE_KINDS:
            return "code"
        if kind in DATE_KINDS:
            return "date"
        return kind if kind in ("timestamp", "amount") else "text"

    @property
    def parameters(self) -> dict[str, object]:
        """What the family's statement must know of this column."""
        kind = self.column.kind
        return {
            "kind": kind,
            "required": self.required,
            "maximum": self.column.maximum_length or 2**31 - 1,
            "bare": UNIT_SCALE[self.unit or "元"],
            "assumed": self.unit_is_assumed,
            "takes_currencies": self.column.currency_column is not None,
        }


_NOTHING = "CASE WHEN p THEN CASE WHEN t <> '' THEN 'placeholder' END"
_STEPS = """tidied AS (SELECT *, tidy(c) AS t FROM look),
weighed AS (SELECT *, t = '' OR is_placeholder(t) AS p FROM tidied)"""

_TEXT = f"""WITH {_STEPS}, marked AS (SELECT *, has_replacement(t) AS replaced FROM weighed)
SELECT CASE WHEN NOT p THEN CASE WHEN kind = 'identifier' THEN half_width(t) ELSE t END END AS value,
  {_NOTHING} ELSE nullif(concat_ws(',',
    CASE WHEN kind IN ('name', 'identifier') AND is_masked(t) THEN 'masked' END,
    CASE WHEN replaced THEN 'replacement_characters' END,
    CASE WHEN regexp_matches(t, '[\\x{{E000}}-\\x{{F8FF}}]') THEN 'private_use_character' END), '') END AS note,
  CASE WHEN p THEN NULL
    WHEN replaced AND (kind <> 'free_text'
      OR length(t) - length(replace(t, chr(65533), '')) > {REPLACEMENT_SHARE} * length(t)) THEN 'replacement_characters'
    WHEN kind IN ('identifier', 'document_number') AND regexp_full_match(t, '[0-9](\\.[0-9]+)?[Ee]\\+[0-9]{{2,3}}')
      THEN 'scientific_notation'
    WHEN length(t) > maximum THEN 'too_long' END AS breach,
  CAST(NULL AS VARCHAR) AS more
FROM marked"""

_DATE = f"""WITH {_STEPS},
timed AS (SELECT *, CASE WHEN NOT p AND may_be_moment(t) THEN day_of_moment(time_clean(t)) END AS moment FROM weighed),
cleaned AS (SELECT *, CASE WHEN NOT p THEN coalesce(moment, date_clean(t)) END AS x FROM timed),
sorted AS (SELECT *, date_iso(x) AS i, date_form(x) AS form FROM cleaned),
judged AS (SELECT *, coalesce(date_is_sentinel(i), false) AS sentinel, TRY_CAST(i AS DATE) AS day FROM sorted),
settled AS (SELECT *, i IS NOT NULL AND NOT sentinel
  AND NOT coalesce(year(day) BETWEEN {EARLIEST_YEAR} AND {LATEST_YEAR}, false) AS impossible FROM judged)
SELECT CASE WHEN NOT sentinel AND NOT impossible THEN day END AS value,
  {_NOTHING}
    WHEN kind = 'date_until' AND (is_long_term(t) OR sentinel AND i > '2') THEN 'long_term'
    WHEN sentinel THEN 'sentinel' WHEN i IS NULL THEN 'unreadable' WHEN form <> 'day' THEN form END AS note,
  CASE WHEN p THEN NULL WHEN has_replacement(t) THEN 'replacement_characters' WHEN impossible THEN 'date_impossible'
    WHEN required AND i IS NULL THEN 'date_unreadable' END AS breach,
  CAST(NULL AS VARCHAR) AS more
FROM settled"""

_TIME = f"""WITH {_STEPS}, cleaned AS (SELECT *, CASE WHEN NOT p THEN time_clean(t) END AS x FROM weighed),
judged AS (SELECT *, time_read(x) AS moment,
  coalesce(date_is_sentinel(regexp_extract(x, '^[0-9]+-[0-9]+-[0-9]+')), false) AS sentinel FROM cleaned)
SELECT CASE WHEN NOT sentinel THEN moment END AS value,
  {_NOTHING} WHEN sentinel THEN 'sentinel' WHEN moment IS NULL THEN 'unreadable' END AS note,
  CASE WHEN p THEN NULL WHEN has_replacement(t) THEN 'replacement_characters'
    WHEN required AND moment IS NULL AND NOT sentinel THEN 'time_unreadable' END AS breach,
  CAST(NULL AS VARCHAR) AS more
FROM judged"""

_AMOUNT = f"""WITH {_STEPS},
cleaned AS (SELECT *, CASE WHEN NOT p THEN amount_parts(amount_clean(t)) END AS x FROM weighed),
parted AS (SELECT *, replace(x.n, ',', '') AS number, upper(x.a || x.z) AS words FROM cleaned),
scaled AS (SELECT *, amount_scale(words) AS scale, amount_currency(words) AS currency,
  regexp_matches(words, '[元圆]') AS counts_units FROM parted),
counted AS (SELECT *, CASE WHEN currency IN ({", ".join(f"'{word}'" for word in YUAN_WORDS)}) OR takes_currencies
  THEN money(number, coalesce(scale, CASE WHEN counts_units THEN 1 ELSE bare END)) END AS amount FROM scaled)
SELECT amount AS value,
  {_NOTHING} ELSE nullif(concat_ws(',', CASE WHEN amount IS NULL THEN 'unreadable' END,
    CASE WHEN amount < 0 THEN 'negative' END,
    CASE WHEN amount IS NOT NULL AND assumed AND scale IS NULL AND NOT counts_units THEN 'unit_assumed' END), '')
  END AS note,
  CASE WHEN p THEN NULL WHEN has_replacement(t) THEN 'replacement_characters'
    WHEN required AND amount IS NULL THEN 'amount_unreadable' END AS breach,
  CASE WHEN amount IS NOT NULL THEN currency END AS more
FROM counted"""

_CODE = f"""WITH {_STEPS}, squeezed AS (SELECT *, CASE WHEN NOT p THEN code_clean(t) END AS s FROM weighed),
searched AS (SELECT *, CASE WHEN kind = 'uscc' AND length(s) > 18 THEN usccs_inside(s) END AS held FROM squeezed),
cleaned AS (SELECT *, CASE
    WHEN len(held) = 1 THEN held[1]
    ELSE regexp_replace(s, '^([0-9A-Z]{{8}})-([0-9X])$', '\\1\\2') END AS x
  FROM searched),
sorted AS (SELECT *, code_kind(x) AS belongs, regexp_full_match(x, '[0-9A-Z*-]+') AS is_code FROM cleaned),
judged AS (SELECT *, CASE WHEN p THEN NULL
    WHEN len(held) > 1 THEN 'several_codes'
    WHEN belongs <> kind THEN belongs || '_given' WHEN NOT is_code THEN 'not_a_code'
    WHEN kind = 'uscc' THEN uscc_status(x) WHEN kind = 'registration_number' THEN registration_number_status(x)
    ELSE organisation_code_status(x) END AS status FROM sorted)
SELECT CASE WHEN p OR status = 'placeholder' THEN NULL WHEN is_code THEN x ELSE t END AS value,
  {_NOTHING} ELSE nullif(concat_ws(',', CASE WHEN is_code AND x <> t THEN 'cleaned' END, status), '') END AS note,
  CASE WHEN p THEN NULL WHEN has_replacement(t) THEN 'replacement_characters'
    WHEN length(t) > maximum THEN 'too_long' END AS breach,
  CASE WHEN NOT p THEN belongs END AS more
FROM judged"""

# Family -> statement over the relation ``look`` (c and the parameters), one row out for each row in, in order.
STATEMENTS = {"text": _TEXT, "date": _DATE, "timestamp": _TIME, "amount": _AMOUNT, "code": _CODE}


def spelling(text: str) -> str:
    """The form in which two spellings of a listed value are equal: half width, upper case, no blanks."""
    half = "".join(chr(ord(mark) - 0xFEE0) if 0xFF01 <= ord(mark) <= 0xFF5E else mark for mark in text)
    return "".join(half.split()).upper()


def spellings(values: tuple[Value, ...]) -> dict[str, str]:
    """Every accepted spelling of ``values``, to the value it means."""
    return {spelling(text): value.value for value in values for text in (value.value, *value.accepted)}


def currency_words(contract: Contract, column: Column) -> dict[str, str]:
    """The words that name a currency beside an amount of ``column``, to the code of the currency."""
    if column.currency_column is None:
        return {}
    words: dict[str, str] = {}
    for value in contract.column(column.currency_column).values:
        for text in (value.value, *value.accepted):
            for form in (text, text + "元", "元" + text, text.removesuffix("元") + "币"):
                words.setdefault(form.upper(), value.value)
    return words


def listed(column: Column, value: str | None) -> tuple[str | None, str | None]:
    """The value of the list that ``value`` means and the code of what is wrong with it, if anything.

    A value that is not in the list is kept: it is noted or, where the contract says so, sent back, never made null.
    """
    if value is None or column.kind not in LIST_KINDS:
        return value, None
    known = spellings(column.values)
    if spelling(value) in known:
        return known[spelling(value)], None
    parts = [value]
    if column.kind == "code_list_several":
        for separator in ";；、,，/|\n":
            parts = [piece.strip() for part in parts for piece in part.split(separator) if piece.strip()]
    meant = [known.get(spelling(part), part if part.startswith("其他") else None) for part in parts]
    if None not in meant:
        return SEVERAL_SEPARATOR.join(part for part in meant if part), None
    return value, "value_not_in_list"
