"""SQL macros that read one text of each kind; the slow path of the checks and a vocabulary for other rooms.

DuckDB has no NFKC, so ``half_width`` does what NFKC does to codes, numbers and dates. Texts given to the macros are
trimmed (``tidy``). Sources of the shapes: standards 9.1, 1.1-1.4 and the tables under ``tests/real``.
"""

from __future__ import annotations

import duckdb

from connectors.checks.codes import ALPHABET, ORGANISATION_WEIGHTS, TYPES_OF_DEPARTMENT, WEIGHTS

# The quote is left out: it would end the SQL text and is in no code, number or date.
_HALF_WIDTH = "".join(chr(point) for point in range(0x21, 0x7F) if chr(point) != "'")
_FULL_WIDTH = "".join(chr(ord(character) + 0xFEE0) for character in _HALF_WIDTH)
FULL_WIDTH = str.maketrans(_HALF_WIDTH, _FULL_WIDTH)
"""Each half-width character to its full-width form."""
_OTHER_FORMS = {"\u3000": " ", "\u00a0": " ", "—": "-", "–": "-", "−": "-", "‐": "-", "∕": "/", "。": ".", "﹣": "-"}
_WIDE = _FULL_WIDTH + "".join(_OTHER_FORMS)
_NARROW = _HALF_WIDTH + "".join(_OTHER_FORMS.values())
_BLANK = r"[\s\x{00A0}\x{3000}\x{FEFF}\x{200B}-\x{200F}\x{2060}]"

# What systems write for "nothing" (standards 9.1, and seen in the real tables), upper case, half width.
PLACEHOLDERS = (
    "\\N", "\\n", "N/A", "NA", "NULL", "(NULL)", "NONE", "NAN", "NIL", "-", "--", "---", "/", "//", "\\", ".", "…", "*",
    "暂无", "无", "空", "未知", "不详", "未填写", "未填", "没有", "无数据", "暂无数据", "暂无信息", "&NBSP;", "?", "??",
    "[ID]", "[REDACTED]", "0000-00-00", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "未公示", "无内容",
)  # fmt: skip
LONG_TERM = (
    "长期",
    "长期有效",
    "永久",
    "永久有效",
    "无固定期限",
    "无限期",
    "不约定期限",
    "永续",
    "永续经营",
    "长期经营",
)

# Words beside an amount that mean yuan once the scale is taken away.
YUAN_WORDS = ("", "元", "人民币", "人民币元", "元人民币", "RMB", "CNY", "圆", "圆人民币", "人民币圆")

_CHINESE_DIGITS = ("〇零○Ｏ一二三四五六七八九", "0000123456789")
_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _value(code: str, place: int, alphabet: str = ALPHABET) -> str:
    return f"(instr('{alphabet}', substr({code}, {place}, 1)) - 1)"


def _uscc_check() -> str:
    total = " + ".join(f"{_value('code', place + 1)} * {weight}" for place, weight in enumerate(WEIGHTS))
    return f"substr('{ALPHABET}', (31 - ({total}) % 31) % 31 + 1, 1)"


def _organisation_check() -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    parts = [f"{_value('code', place + 1, alphabet)} * {weight}" for place, weight in enumerate(ORGANISATION_WEIGHTS)]
    return f"substr('0123456789X0', (11 - ({' + '.join(parts)}) % 11) + 1, 1)"


def _usual_type() -> str:
    pairs = tuple(first + second for first, types in TYPES_OF_DEPARTMENT.items() for second in types)
    return f"left(code, 2) IN ({_listed(pairs)})"


_TEXT = {
    "tidy(written)": f"regexp_replace(written, '^{_BLANK}+|{_BLANK}+$', '', 'g')",
    # translate builds its table anew for every value, so it is asked only where it has something to do.
    "half_width(written)": f"CASE WHEN regexp_matches(written, '[！-～　\\x{{00A0}}—–−‐∕。﹣]')"
    f" THEN translate(written, '{_WIDE}', '{_NARROW}') ELSE written END",
    "is_placeholder(written)": f"length(written) <= 12 AND upper(half_width(written)) IN ({_listed(PLACEHOLDERS)})",
    "is_masked(written)": r"regexp_matches(written, '[*＊×●█]{2,}|[0-9A-Za-z][*＊][0-9A-Za-z]|^[*＊]$')",
    "has_replacement(written)": "contains(written, chr(65533))",
}

# MOD 11,10 over 14 digits (GS 15-2006): list_reduce carries the product through them.
_PRODUCT = """list_reduce([ascii(digit) - 48 FOR digit IN string_split(left(code, 14), '')],
  lambda product, digit: (2 * (CASE (product + digit) % 10 WHEN 0 THEN 10 ELSE (product + digit) % 10 END)) % 11, 10)"""

_CODES = {
    "code_clean(written)": f"regexp_replace(upper(half_width(written)), '{_BLANK[:-1]}\"]', '', 'g')",
    "code_same_character(code)": "length(code) >= 5 AND length(replace(code, left(code, 1), '')) = 0",
    "uscc_check_character(code)": _uscc_check(),
    "organisation_check_character(code)": _organisation_check(),
    "registration_number_holds(code)": "CASE WHEN regexp_full_match(code, '[0-9]{15}')"
    f" THEN (11 - {_PRODUCT}) % 10 = ascii(right(code, 1)) - 48 ELSE false END",
    "organisation_code_holds(code)": "CASE WHEN regexp_full_match(code, '[0-9A-Z]{8}[0-9X]')"
    " THEN NOT code_same_character(code) AND organisation_check_character(code) = right(code, 1) ELSE false END",
    # The layers of standards 10.3 behind "present"; null when all hold. A status is a note code of the catalogue.
    "uscc_status(code)": f"""CASE
      WHEN code_same_character(code) OR code = '00000000000000000X' THEN 'placeholder'
      WHEN contains(code, '*') THEN 'masked'
      WHEN length(code) <> 18 THEN 'length_wrong'
      WHEN NOT regexp_full_match(code, '[{ALPHABET}]{{18}}') THEN 'character_not_allowed'
      WHEN uscc_check_character(code) <> right(code, 1) THEN 'check_character_wrong'
      WHEN organisation_check_character(substr(code, 9, 8)) <> substr(code, 17, 1) THEN 'organisation_check_wrong'
      WHEN NOT {_usual_type()} OR NOT regexp_full_match(substr(code, 3, 6), '[0-9]{{6}}') THEN 'department_type_unknown'
    END""",
    "uscc_holds(code)": "length(code) = 18 AND uscc_status(code) IS NULL",
    # Taken out of a longer cell only when both checks hold, so that no digits of something else become a code.
    "usccs_inside(code)": f"list_distinct(list_filter(regexp_extract_all(code, '[{ALPHABET}]{{18}}'),"
    " lambda found: uscc_holds(found)))",
    "is_identity_number(code)": "regexp_full_match(code,"
    " '[1-8][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]') AND NOT uscc_holds(code)",
    # As offices black them out: the first three to six digits, the day of birth hidden. Codes of businesses begin with 9 and
    # 1 to 3 and are blacked out alike.
    "is_masked_identity(code)": "regexp_full_match(code, '[0-9]{3,6}[*]{8,}[0-9]{0,4}X?')"
    " AND NOT regexp_matches(code, '^9[123]')",
    # Which register a cleaned code belongs to; null when none is recognised.
    "code_kind(code)": """CASE
      WHEN is_identity_number(code) OR is_masked_identity(code) THEN 'identity_number'
      WHEN regexp_full_match(code, '[0-9A-Z]{18}') THEN 'uscc'
      WHEN registration_number_holds(code) THEN 'registration_number'
      WHEN regexp_full_match(code, '[0-9]{6}NA[0-9]{6}[0-9X]|[0-9]{13}') THEN 'registration_number'
      WHEN regexp_full_match(code, '[0-9]{6}[0-9A-Z]{8}[0-9X]') AND organisation_code_holds(right(code, 9))
        THEN 'tax_registration_number'
      WHEN regexp_full_match(code, '[0-9]{15}') THEN 'registration_number'
      WHEN regexp_full_match(code, '[0-9A-Z]{8}-[0-9X]') OR organisation_code_holds(code) THEN 'organisation_code'
      WHEN regexp_full_match(code, '[A-Z]{2}[0-9]{14}') THEN 'licence_number'
    END""",
    "registration_number_status(code)": """CASE
      WHEN code_same_character(code) THEN 'placeholder'
      WHEN contains(code, '*') THEN 'masked'
      WHEN regexp_full_match(code, '[0-9]{13}') THEN 'thirteen_digits'
      WHEN regexp_full_match(code, '[0-9]{6}NA[0-9]{6}[0-9X]') OR registration_number_holds(code) THEN NULL
      WHEN regexp_full_match(code, '[0-9]{15}') THEN 'check_character_wrong'
      WHEN regexp_full_match(code, '[0-9]+') THEN 'length_wrong'
      ELSE 'not_a_code'
    END""",
    "organisation_code_status(code)": """CASE
      WHEN code_same_character(code) THEN 'placeholder'
      WHEN contains(code, '*') THEN 'masked'
      WHEN organisation_code_holds(code) THEN NULL
      WHEN regexp_full_match(code, '[0-9A-Z]{8}[0-9X]') THEN 'check_character_wrong'
      WHEN regexp_full_match(code, '[0-9A-Z]+') THEN 'length_wrong'
      ELSE 'not_a_code'
    END""",
}

_DATES = {
    # 二〇一八年十二月三十一日 -> 2018年12月31日: ten counts by what stands beside it.
    "chinese_digits(written)": "regexp_replace(regexp_replace(regexp_replace(regexp_replace("
    f"translate(written, '{_CHINESE_DIGITS[0]}', '{_CHINESE_DIGITS[1]}'),"
    r" '([1-9])十([1-9])', '\1\2', 'g'), '([1-9])十', '\1' || '0', 'g'),"
    r" '十([1-9])', '1\1', 'g'), '十', '10', 'g')",
    "date_clean(written)": r"""CASE
      WHEN regexp_full_match(half_width(written), '[0-9]{5}([.][0-9]+)?') THEN left(written, 5)
      ELSE rtrim(regexp_replace(regexp_replace(regexp_replace(
        CASE WHEN regexp_matches(written, '[一二三四五六七八九十〇零○]') THEN chinese_digits(half_width(written))
          ELSE half_width(written) END,
        '([0-9日号])[ T]*[0-9]{1,2}[:时][0-9]{1,2}.*$', '\1'),
        '[年月./\\]', '-', 'g'), '[日号\s]', '', 'g'), '-') END""",
    "date_form(clean)": r"""CASE
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{8}|[0-9]{12}|[0-9]{14}') THEN 'day'
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}|(19|20)[0-9]{2}(0[1-9]|1[0-2])') THEN 'month_precision'
      WHEN regexp_full_match(clean, '(19|20)[0-9]{2}') THEN 'year_precision'
      WHEN regexp_full_match(clean, '[1-7][0-9]{4}') THEN 'excel_serial'
      WHEN regexp_full_match(clean, '[0-9]{6}') THEN 'day'
    END""",
    "date_iso(clean)": r"""CASE
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') THEN clean
      WHEN regexp_full_match(clean, '[0-9]{8}|[0-9]{12}|[0-9]{14}')
        THEN substr(clean, 1, 4) || '-' || substr(clean, 5, 2) || '-' || substr(clean, 7, 2)
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}') THEN clean || '-01'
      WHEN regexp_full_match(clean, '[0-9]{6}') THEN substr(clean, 1, 4) || '-' || substr(clean, 5, 2) || '-01'
      WHEN regexp_full_match(clean, '[0-9]{4}') THEN clean || '-01-01'
      WHEN regexp_full_match(clean, '[0-9]{5}')
        THEN CAST(CAST('1899-12-30' AS DATE) + CAST(clean AS INTEGER) AS VARCHAR)
    END""",
    "date_is_sentinel(iso)": r"""regexp_matches(iso,
      '^(9999|0000|0001-|2099-12-31|1900-0?1-0?[01]$|1899-12-3[01]|(209|21|22|29|30)[0-9]+-)')""",
    "is_long_term(written)": f"half_width(written) IN ({_listed(LONG_TERM)}) OR starts_with(written, '长期')",
}

# RSS (RFC 822): Tue, 11 Nov 2025 08:00:00 +0800. Zones named otherwise (CST is two of them) are not guessed.
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_INTERNET_TIME = (
    r"(?:[A-Z][a-z]{2}, *)?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?) *"
    "(GMT|UTC?|Z|[+-][0-9]{4})"
)

_TIMES = {
    "internet_time(clean)": f"""CASE WHEN regexp_full_match(clean, '{_INTERNET_TIME}')
      THEN regexp_replace(regexp_replace(clean, '^{_INTERNET_TIME}$', concat('\\3-', (strpos('{_MONTHS}',
        regexp_extract(clean, '{_INTERNET_TIME}', 2)) + 2) // 3, '-\\1 \\4\\5')), '[GU].*$', 'Z') END""",
    # 2026-11-11 08:00 UTC, 2026-11-11 08:00:00+08 (PostgreSQL), 2026-11-11 08:00:00+08:00[Asia/Shanghai] (Java)
    "zone_plain(clean)": r"""regexp_replace(regexp_replace(regexp_replace(clean, '\[[A-Za-z/_]+\]$', ''),
      ' *(UTC|GMT)$', 'Z'), ' +(Z|[+-][0-9:]+)$', '\1')""",
    "time_with_seconds(clean)": r"regexp_replace(clean, '^([^:]*:[0-9]{2})([Z+-])', '\1:00\2')",
    "time_clean(written)": r"""trim(regexp_replace(regexp_replace(regexp_replace(half_width(written),
      '^([0-9]{4})[-年./]([0-9]{1,2})[-月./]([0-9]{1,2})[日T]?', '\1-\2-\3 '), '[时分]', ':', 'g'), ':?秒|:$', ''))""",
    # Each part stands once: a macro that names another twice doubles what has to be planned for every batch.
    "zoned_moment(clean)": r"""TRY_CAST(time_with_seconds(CASE WHEN regexp_full_match(clean,
          '[0-9]{4}(-[0-9]{1,2}){2} +[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)? *'
          '(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)(\[[A-Za-z/_]+\])?')
        THEN zone_plain(clean) ELSE internet_time(clean) END) AS TIMESTAMPTZ)""",
    # Programs write a day as the moment it began, in UTC or counted from 1970 (milliseconds, seconds): its day is that of
    # Shanghai. A number is a day only where it is a midnight there: any other is something else.
    "may_be_moment(written)": r"""regexp_matches(written,
      ':.*(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?|\])$|^(1[0-9]{9}|1[0-9]{12}|[3-9][0-9]{11})$')""",
    "counted_midnight(clean)": """make_timestamptz(CASE length(clean)
      WHEN 10 THEN CASE WHEN (TRY_CAST(clean AS BIGINT) + 28800) % 86400 = 0 THEN TRY_CAST(clean AS BIGINT) * 1000000 END
      ELSE CASE WHEN (TRY_CAST(clean AS BIGINT) + 28800000) % 86400000 = 0 THEN TRY_CAST(clean AS BIGINT) * 1000 END
      END)""",
    "day_of_moment(clean)": "strftime(timezone('Asia/Shanghai',"
    " coalesce(zoned_moment(clean), counted_midnight(clean))), '%Y-%m-%d')",
    # Shanghai time is UTC+8; the daylight saving of 1986-1991 is older than any feed that carries a time of day.
    "time_read(clean)": r"""coalesce(make_timestamp(epoch_us(zoned_moment(clean))), CASE
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} +[0-9]{1,2}:[0-9]{1,2}')
        THEN TRY_CAST(clean || ':00' AS TIMESTAMP) - INTERVAL 8 HOUR
      WHEN regexp_full_match(clean, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( +[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]+)?)?')
        THEN TRY_CAST(clean AS TIMESTAMP) - INTERVAL 8 HOUR
      WHEN regexp_full_match(clean, '[0-9]{14}') THEN try_strptime(clean, '%Y%m%d%H%M%S') - INTERVAL 8 HOUR
      WHEN regexp_full_match(clean, '[0-9]{8} +[0-9]{1,2}:[0-9]{2}:[0-9]{2}')
        THEN try_strptime(regexp_replace(clean, ' +', ' '), '%Y%m%d %H:%M:%S') - INTERVAL 8 HOUR
      WHEN regexp_full_match(clean, '[0-9]{8}') THEN try_strptime(clean, '%Y%m%d') - INTERVAL 8 HOUR
      WHEN regexp_full_match(clean, '1[0-9]{12}') THEN make_timestamp(CAST(clean AS BIGINT) * 1000)
      WHEN regexp_full_match(clean, '1[0-9]{9}') THEN make_timestamp(CAST(clean AS BIGINT) * 1000000)
      WHEN regexp_full_match(clean, '[1-7][0-9]{4}([.][0-9]{1,15})?') THEN make_timestamp(1000000 *
        CAST(round((CAST(clean AS DECIMAL(24, 9)) - 25569) * CAST(86400 AS DECIMAL(5, 0))) AS BIGINT)) - INTERVAL 8 HOUR
    END)""",
}

_AMOUNTS = {
    "amount_clean(written)": r"regexp_replace(half_width(written), '[\s()¥￥$:整\[\]]', '', 'g')",
    # n: the number, thousands separators only where they separate thousands; a and z: the words around it.
    "amount_parts(clean)": r"regexp_extract(clean, '^([^-0-9.]*)(-?[0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?"
    r"|-?[0-9]*[.]?[0-9]+(?:[eE][+]?[0-8])?)([^0-9.,]*)$', ['a', 'n', 'z'])",
    "amount_scale(words)": "CASE regexp_extract(words, '百万|千万|亿|万|千|百|十') "
    + " ".join(f"WHEN '{word}' THEN {scale}" for word, scale in _SCALES.items())
    + " END",
    "amount_currency(words)": r"regexp_replace(words, '百万|千万|亿|万|千|百|十', '')",
    # Cut, not rounded, at 12 places: the one rounding, half up, is the cast to two places.
    "exact(number)": "CASE WHEN regexp_full_match(number, '-?[0-9]{0,17}([.][0-9]+)?([eE][+]?[0-8])?')"
    " THEN TRY_CAST(regexp_extract(number, '^-?[0-9]*([.][0-9]{1,12})?') AS DECIMAL(29, 12)) END",
    "exponent(number)": "CAST(pow(10, coalesce(TRY_CAST(nullif(regexp_extract(number, '[eE][+]?([0-8])$', 1), '')"
    " AS INTEGER), 0)) AS BIGINT)",
    "factor(number, scale)": "TRY_CAST(scale * exponent(number) AS DECIMAL(9, 0))",
    "money(number, scale)": "TRY_CAST(exact(number) * factor(number, scale) AS DECIMAL(20, 2))",
}

MACROS = {**_TEXT, **_CODES, **_TIMES, **_DATES, **_AMOUNTS}


def install_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros of ``MACROS`` known to ``connection`` (temporary, replaced if there)."""
    for signature, body in MACROS.items():
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS ({body})")
