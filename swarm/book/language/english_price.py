"""English prices as words: "a $5 bill", "7/6", "10/-", "£1/2/6"."""

from math import gcd

from swarm.book.language.language import Match, table
from swarm.book.language.late_pattern import compile_later

PLURALS = table("foot=feet|inch=inches")
_PRICED = compile_later(
    r"([$£€])(\d{1,3}(?:,\d{3})*|\d+)[\s-](?=(?:bills?|notes?|coins?|pieces?|gold|tickets?|stamps?|prizes?|fines?|"
    r"rewards?|"
    r"fees?|tips?|cheques?|checks?|bets?|limits?|deposits?|loans?)\b)"
)
_PRICED_MILLIONS = compile_later(
    r"([$£€])(\d[\d.,]{0,12})[\s-]?(million|billion|trillion|thousand)[\s-](?=(?:dollar )?(?:house|home|mansion|deal|"
    r"project|budget|contract|"
    r"loan|grant|lawsuit|fund|bond|prize|jackpot|business|company|industry|film|painting|fine|debt|gift|donation|"
    r"investment|"
    r"boat|yacht|jet|plant|bridge|estate|fortune|market|question|reward|ransom)\b)"
)
_SIGNS = table("$=dollar|£=pound|€=euro")
_SUM = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"
_COUNTRIES = table(
    "US=US|U.S.=US|A=Australian|AU=Australian|C=Canadian|CA=Canadian|NZ=New Zealand|HK=Hong Kong|S=Singapore|J=Jamaican"
)
_SCALES = table("m=million|M=million|bn=billion|b=billion|B=billion|k=thousand|K=thousand|tn=trillion")
_DOLLARS_OF = compile_later(
    rf"(?<![\p{{L}}.])(US|U\.S\.|AU?|CA?|NZ|HK|S|J)\$\s?({_SUM})(?:\s?(million|billion|trillion|thousand|bn|tn|"
    rf"[mMbBkK])\b)?"
)
_BETWEEN = compile_later(rf"([$£€])({_SUM})\s?[-–]\s?\1(?=\d)")
_FROM_TO = compile_later(rf"([$£€])({_SUM})\s?[-–]\s?({_SUM})(\s(?:million|billion|thousand))?(?![\d-])")
_A_DAY = compile_later(
    r"([$£€])(\d{1,3}(?:,\d{3})*)-a-(?=(?:day|week|month|year|night|head|plate|piece|barrel)\s\p{Ll})"
)
_COINS = {"$": ("cent", "cents"), "£": ("penny", "pence"), "€": ("cent", "cents")}
_HUNDREDTHS = compile_later(r"([$£€])0?\.(\d\d)(?!\d)")
_A_SUM = compile_later(
    r"(?<=\b(?:an?|his|her|my|that|the|another)\s)\$(\d{1,3})(?=[.,;!?](?!\d)|\s(?:on|in|for|and|"
    r"from|to|out)\b)"
)
_PRICE_BEFORE = compile_later(
    r"\b(?:cost|costs|costing|paid|pay|pays|price|prices|priced|worth|charged?|for|gave|gives?|spent|spend|earns?|"
    r"earned|"
    r"wages|lent|lend|borrow(?:ed)?|owed?|owes|tickets?|seats?|sold|bought|sells?|fare|fee|rent|only|fined|saved|"
    r"tip(?:ped)?)\s"
    r"(?:(?:was|is|at|of|about|only|just|me|him|her|us|them|you|it|a|the)\s){0,2}$|\bat\s$"
)
_PRICE_BEHIND = compile_later(
    r"\s(?:each|apiece|a (?:pair|week|day|month|year|dozen|yard|pound|bottle|head|piece|copy|hundred|bushel|ton|gallon|"
    r"pint|quart|time|night|volume|foot|box|seat)|the (?:dozen|pair|yard|pound|bottle|set|lot|hundred)|per \p{L}+|net|"
    r"cloth|in (?:cash|silver|stamps|change|my pocket|his pocket|her pocket))\b"
)
_DATE_BEFORE = compile_later(
    r"\b(?i:on|by|since|until|till|from|before|after|dated|of|to|ratio|page|no|No|date|between|chapter|score|scored|"
    r"form)\.?\s$"
)
_SLASHED = compile_later(
    r"(?<![\d/.£$€-])(\d{1,2})/(1[01]|\d)(?:d\b\.?)?(?![\d/½-])(?!\s(?:of|time|rhythm|measure|bar|beat)\b)"
)
_ONLY_SHILLINGS = compile_later(r"(?<![\d/.£$€])(\d{1,3})/[-–—](?![\d/])")
_POUNDS_AND_MORE = compile_later(r"£\s?(\d{1,4})([/.])(\d{1,2})\2(\d{1,2}|-)(?![\d/])")
_SEVERAL = compile_later(r"\s\p{Ll}+s\b")  # "4/6 patients"
_FAMED = ((24, 7), (9, 11), (16, 9))  # 24/7, 9/11 and 16/9 are no sums of shillings
MAX_SHILLINGS = 63  # three guineas are the largest sum that was written so
_ENDS = compile_later(r"[\"'”’»)\s]*+$|\s+\p{Lu}")


def say_prices(text: str) -> str:
    """Say "a $5 bill", and such sums of shillings as "7/6", "10/-", "£1/2/6" that are no dates or fractions."""
    if "£" in text:
        text = _POUNDS_AND_MORE.sub(_pounds_and_more, text)
    if "$" in text or "£" in text or "€" in text:
        text = _say_sums(text)
    text = _PRICED_MILLIONS.sub(lambda match: f"{match[2]} {match[3]} {_SIGNS[match[1]]} ", text)
    text = _PRICED.sub(lambda match: f"{match[2]} {_SIGNS[match[1]]} ", text)
    if "/" not in text:
        return text
    text = _ONLY_SHILLINGS.sub(lambda match: counted(match[1], "shilling"), text)
    return _SLASHED.sub(_old_price, text)


def _say_sums(text: str) -> str:
    """Say "US$20", "$3-4", "$0.99" and "a $20"; other sums are left to the general rules."""
    text = _A_DAY.sub(lambda match: f"{match[2]} {_SIGNS[match[1]]} a ", text)
    text = _BETWEEN.sub(lambda match: f"{match[1]}{match[2]} to {match[1]}", text)
    text = _DOLLARS_OF.sub(_dollars_of, text)
    text = _FROM_TO.sub(lambda match: f"{match[2]} to {match[3]}{match[4] or ''} {_SIGNS[match[1]]}s", text)
    text = _HUNDREDTHS.sub(_hundredths, text)
    return _A_SUM.sub(r"\1", text)


def _dollars_of(match: Match) -> str:
    scale = f" {_SCALES.get(match[3], match[3])}" if match[3] else ""
    country = _COUNTRIES[match[1]]
    return f"{match[2]}{scale} {country} dollar{'' if match[2] == '1' and not scale else 's'}"


def _hundredths(match: Match) -> str:
    one, several = _COINS[match[1]]
    return f"{int(match[2])} {one if match[2] == '01' else several}"


def _pounds_and_more(match: Match) -> str:
    pounds, shillings, pence = counted(match[1], "pound"), counted(match[3], "shilling"), match[4]
    return f"{pounds} {shillings}" if pence in ("-", "0") else f"{pounds}, {match[3]} and {pence}"


def counted(count: str, unit: str) -> str:
    """Return a number with its unit in singular or plural."""
    count = count.strip()
    return f"{count} {unit if count == '1' else PLURALS.get(unit, f'{unit}s')}"


def _old_price(match: Match) -> str:
    """Say "7/6" as "7 and 6" where a word tells a price, or where it is neither date nor fraction."""
    shillings, pence = int(match[1]), int(match[2])
    before = match.string[max(0, match.start() - 30) : match.start()]
    said = f"{shillings} and {pence}{stop_of(match)}"
    if not shillings or not pence or shillings > MAX_SHILLINGS or (shillings, pence) in _FAMED:
        return match[0]
    whole = shillings > pence
    unreduced = pence in (6, 9) and gcd(shillings, pence) > 1
    if (whole or unreduced or pence == 11) and (
        _PRICE_BEFORE.search(before) or _PRICE_BEHIND.match(match.string, match.end())
    ):
        return said
    sure = (unreduced and not _SEVERAL.match(match.string, match.end())) or (whole and pence >= 6)
    return match[0] if not sure or _DATE_BEFORE.search(before) else said


def stop_of(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, else ""."""
    return "." if match[0].endswith(".") and _ENDS.match(match.string, match.end()) else ""
