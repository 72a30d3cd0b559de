"""Dates as words: days, months and years in figures, in all orders, and months that are shortened or Roman numerals."""

from collections.abc import Callable
from functools import lru_cache

import regex

from swarm.book.language.language import Language, Match, SpokenForms, Step
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import LAST_SHORT_YEAR, days_have_stops, month_names, short_month_names, weekday_names

_DIGIT = compile_later(r"\d")
_OF = compile_later(r"^(?:de\s|d['’])")  # which Catalan names of months begin with
_DAY, _MONTH, _APART = r"(?P<d>[12]\d|3[01]|0?[1-9])", r"(?P<m>1[0-2]|0?[1-9])", r"(?![\d/-]|[.,]\d)"
_YEAR = r"(?P<y>\d{4})"
_DAY_BEFORE = compile_later(r"(?<!\d)\d{1,2}\s(?:de\s)?$")
MAX_WORD_CHARS = 12  # longer words before a date are not looked for
MONTHS = 12


def say_dates(text: str, language: Language) -> str:
    """Return a sentence whose dates are written out; years and days remain figures, as later rules expect."""
    return _calendar(language).say(text) if language.numbers and _DIGIT.search(text) else text


@lru_cache(64)
def _calendar(language: Language) -> "Calendar":
    return Calendar(language, str, str)


class Calendar:
    """Writes the dates of one language out."""

    def __init__(self, language: Language, day: Callable[[str], str], year: Callable[[str], str]) -> None:
        self._language, self._forms = language, language.forms or SpokenForms(point="", to="", minus="")
        self._day_words, self._year_words = day, year
        self._months = tuple(self._forms.months.split()) or month_names(language)
        self._before = compile_later(rf"\b(?i:{self._forms.date_before or '(?!)'})\s?$")
        letter = r"\p{L}\p{M}" if self._forms.spaced else "A-Za-z"
        self._alone = rf"(?<![{letter}\d.,:/])(?<![{letter}\d][-–])"
        self._joined = compile_later(  # "03-Feb-2002"
            rf"{self._alone}(?P<d>\d{{1,2}})([-./])(?P<name>\p{{L}}{{3,10}})\.?\2{_YEAR}{_APART}"
        )
        steps = self._weekdays() + self._in_figures() + (self._named() if language.numbers else self._in_words())
        self._steps: tuple[Step, ...] = tuple((compile_later(pattern), say) for pattern, say in steps)

    def say(self, text: str) -> str:
        """Return a sentence with its dates written out."""
        for pattern, say in self._steps:
            text = say_found(text, pattern, say)
        return say_found(self._forms.named_dates(text), self._joined, self._date)

    def _weekdays(self) -> list[tuple[str, Callable[[Match], str]]]:
        """Return the pattern of shortened days of the week before a date; none if the language writes no spaces."""
        names = weekday_names(self._language)
        months = "|".join(map(regex.escape, {_OF.sub("", name)[:3] for name in self._months}))
        date = rf"\d{{1,2}}(?:(?:\.|º|°|er)?\s(?:de\s|d['’])?(?i:{months})|(?P<apart>[./-])\d{{1,2}}(?P=apart)\d\d)"
        pattern = rf"(?<![\p{{L}}.])((?i:{'|'.join(map(regex.escape, names))}))(?!\p{{L}})\.?(?=,?\s{date})"

        def whole(match: Match) -> str:
            name = names[match[1].lower()]
            return name.capitalize() if match[1][0].isupper() else name

        return [(pattern, whole)] if names and self._forms.spaced else []

    def _in_figures(self) -> list[tuple[str, Callable[[Match], str]]]:
        """Return the patterns of dates whose months are figures or Roman numerals."""
        forms, alone = self._forms, self._alone
        mark = forms.ordinal_marks if not self._language.numbers and forms.ordinal_marks else "(?!)"
        found: list[tuple[str, Callable[[Match], str]]] = [
            (r"T(?=\d\d:\d\d)(?<=\d{4}-\d\d-\d\dT)", lambda _: ", "),
            (r"\s?[-–](?<=[/.]\d{4}\s?[-–])\s?(?=\d\d?[/.]\d\d?[/.]\d{4}(?!\d))", lambda _: f" {forms.to} "),
            # "3-V-1898" and "12 X 1936"
            (rf"{alone}(?P<d>\d{{1,2}})([-./ ]|\. )(?=[IVX])(?P<roman>{NUMERAL})\2{_YEAR}{_APART}", self._date),
            (rf"{alone}{_YEAR}([-./])\s?{_MONTH}\2\s?{_DAY}(?:{mark}|{_APART})", self._date),
            (rf"{alone}(?P<d>\d{{1,2}})([-./])\s?(?P<m>\d{{1,2}})\2\s?{_YEAR}{_APART}", self._ordered),
            (rf"{alone}(?P<d>\d{{1,2}})([-./])\s?(?P<m>\d{{1,2}})\2(?P<y>\d\d){_APART}", self._short_year),
        ]
        if days_have_stops(self._language.code) and not forms.year_first:
            day = r"(?P<d>0[1-9]|[12]\d|3[01])\.\s?(?P<m>0[1-9]|1[0-2])"
            found.append((rf"{alone}{day}(?:\.(?=\s+\P{{Nd}}|[,;:)])|(?=\.\s*$))", self._date))
            if not self._language.numbers:  # "3.5. tuli"
                found.append((rf"{alone}{_DAY}\.\s?{_MONTH}\.(?=\s\p{{Ll}}|[,;:)])", self._date))
        if not forms.year_first and forms.spaced:
            zero = "0?" if forms.month_first else "0"  # elsewhere "5/2016" is a law
            found.append((rf"{alone}(?P<y>(?:19|20)\d\d)[-/](?P<m>0[1-9]|1[0-2]){_APART}", self._month_of_year))
            found.append((rf"{alone}(?P<m>{zero}[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d){_APART}", self._month_of_year))
        if forms.date_before:
            pair = rf"{_MONTH}/{_DAY}" if forms.month_first else rf"{_DAY}/{_MONTH}"
            found.append((rf"{alone}{pair}{_APART}(?!\s(?:de|di|van|of|dos?|das?)\b)", self._day_and_month))  # "el 5/3"
        elif not forms.year_first and not self._language.numbers:  # "01-10": a 0 at the start makes it a date
            found.append((rf"{alone}(?=0|\d\d[-/]0){_DAY}[-/]{_MONTH}(?!\d|\s\d\d)(?<=\d\d.\d\d){_APART}", self._date))
        elif mark != "(?!)":  # "04. 1-je"
            found.append((rf"{alone}(?P<m>0[1-9]|1[0-2])\.\s{_DAY}(?:{mark})", self._date))
        return found

    def _named(self) -> list[tuple[str, Callable[[Match], str]]]:
        """Return the patterns of months that are shortened, behind a day or before a year."""
        return [
            (
                r"(?<=(?<![\p{L}\d.,])\d{1,2}(?:\.|º|°|er|st|nd|rd|th)?\s(?:de\s)?)(?P<name>\p{L}{3,5})\."
                r"(?=\s?[\p{Ll}\d(]|[,;:)]|(?P<ends>[\s\"”’»)]*$))",
                self._whole_month,
            ),
            (
                r"(?<![\p{L}\d.])(?P<name>\p{L}{3,4})(?P<stop>\.)?(?=\s(?P<day>\d{1,2},\s)?(?:de\s)?(?:1[5-9]|20)\d\d(?![\d.,:/-]*\d))",
                self._before_year,
            ),
        ]

    def _in_words(self) -> list[tuple[str, Callable[[Match], str]]]:
        """Return the patterns of dates with a name of a month, all of which become words."""
        forms, found = self._forms, list[tuple[str, Callable[[Match], str]]]()
        names = {_OF.sub("", name).lower() for name in (*self._months, *short_month_names(self._language))}
        named = "|".join(sorted({regex.escape(name) for name in names if not name[0].isdigit()}, key=len)[::-1])
        if not named:
            return found
        mark = rf"(?:\.|{forms.ordinal_marks})?" if forms.ordinal_marks else r"\.?"
        name, of = rf"(?i:(?P<name>{named}))", r"(?:de\s|d['’])?"
        if forms.year_first:
            found.append(
                (rf"{self._alone}{_YEAR}\.(?=\s{name}(?!\p{{L}}|\.?\s\d))", lambda match: self._year_words(match["y"]))
            )
            found.append((rf"(?:{self._alone}{_YEAR}\.?\s)?\b{name}\.?\s{_DAY}(?!\d)(?:\.|{mark})", self._date))
        behind = rf"(?:\.(?=\s?[\p{{Ll}}\d,;)])|(?!\p{{L}}))(?:,?\s{of}{_YEAR}(?!\d|[.,]\d))?"
        first = rf"{self._alone}{_DAY}{mark}\s?[-–]\s?(?=\d\d?{mark}\s{of}{name}(?!\p{{L}}))"
        found.append((first, lambda match: f"{self._day(match['d'])} {forms.to} "))  # "3–5 maj"
        found.append((rf"{self._alone}{_DAY}{mark}\s{of}{name}{behind}", self._date))
        return found

    def _date(self, match: Match) -> str:
        parts = match.groupdict()
        if parts.get("roman"):
            month = value(parts["roman"])
        else:
            month = self._month_of(parts["name"]) if parts.get("name") else int(parts["m"])
        return self._said(int(parts["d"]), month, parts.get("y") or "")

    def _ordered(self, match: Match, year: str = "") -> str:
        """Say a date; as Americans read it in a language of theirs, if Britons would read it differently."""
        first, second = int(match["d"]), int(match["m"])
        month_first = second > MONTHS or (self._forms.month_first and match[2] != "." and first <= MONTHS)
        return self._said(second if month_first else first, first if month_first else second, year or match["y"])

    def _short_year(self, match: Match) -> str:
        """Say "03.05.24", "3/5/24" and "am 3.5.24"; "3.5.24" in a sentence may be a section."""
        day, month, year = match["d"], match["m"], match["y"]
        padded = month[0] == "0" or (len(day) == 2 and len(month) == 2 and (day[0] == "0" or match[2] == "."))
        whole = match[0] == match.string and (match[2] == "/" or not self._forms.month_first)
        padded = padded or whole or (self._forms.month_first and match[2] == "-")
        if match[2] != "/" and not padded and not self._is_announced(match):
            return ""
        if self._forms.oh and year != "00":  # "November seventeenth, oh five"
            return self._ordered(match, f"’{year}")
        return self._ordered(match, ("20" if int(year) <= LAST_SHORT_YEAR else "19") + year)

    def _is_announced(self, match: Match) -> bool:
        """Return whether a word stands before a date that shows it as one."""
        return bool(self._before.search(match.string, max(0, match.start() - MAX_WORD_CHARS), match.start()))

    def _month_of_year(self, match: Match) -> str:
        """Say "2003-03" as a month; "2003-04" may be two years, one of which follows the other, as "2003/04" is."""
        month, year = int(match["m"]), int(match["y"][2:])
        if (month > year and "-" in match[0]) or f"{match['y']}/{year + 1:02}" == match[0]:
            return ""
        form = self._forms.date[self._forms.date.index("{month}") :].replace(" {day}, ", " ").replace(" {day}", "")
        return form.format(month=self._months[int(match["m"]) - 1], year=self._year_words(match["y"]))

    def _day_and_month(self, match: Match) -> str:
        """Say "el 5/3" and "am 24/12" as a day; "1/2" may be a fraction."""
        day, month = int(match["d"]), int(match["m"])
        sure = day >= month or self._forms.month_first or not self._language.numbers
        return self._said(day, month, "") if sure and self._is_announced(match) else ""

    def _before_year(self, match: Match) -> str:
        """Say "Jan 2020" and "ene. 2020" with the month's whole name."""
        name = match["name"]
        sure = name.istitle() or match["stop"] or match["day"] or _DAY_BEFORE.search(match.string, 0, match.start())
        month = self._month_of(name) if sure else 0
        return self._months[month - 1] if month else ""

    def _whole_month(self, match: Match) -> str:
        """Say "sept." as "septembre", if it is the beginning of a single month."""
        month = self._month_of(match["name"])
        name = self._months[month - 1] if month else ""
        if not name or name.lower() == match["name"].lower():
            return ""
        of = "de {month}" in self._forms.date and not match.string[: match.start()].endswith("de ")
        return f"{'de ' if of else ''}{name}{'' if match['ends'] is None else '.'}"

    def _month_of(self, name: str) -> int:
        """Return the only month that is named or begins so, 9 for "sept"; 0 if there are none or several."""
        low = name.lower()
        names = [_OF.sub("", each.lower()) for each in self._months]
        found = {at for at, each in enumerate(names, 1) if each.startswith(low)}
        if low in names:
            return names.index(low) + 1
        shorts = [_OF.sub("", each.lower()) for each in short_month_names(self._language)]
        return found.pop() if len(found) == 1 else shorts.index(low) + 1 if low in shorts else 0

    def _said(self, day: int, month: int, year: str) -> str:
        """Return the words of a date; "" if there is no such date."""
        if not (1 <= day <= 31 and 1 <= month <= MONTHS):
            return ""
        form = self._forms.date
        if not year:
            first = min(form.index("{day}"), form.index("{month}"))
            form = form[first:].partition("{year}")[0].rpartition("}")[0] + ("}" if self._forms.spaced else "}日")
        said = self._year_words(year) if year else ""
        return form.format(day=self._day(str(day)), month=self._months[month - 1], year=said)

    def _day(self, figures: str) -> str:
        if figures == "1" and self._forms.first_day:
            return self._forms.first_day
        said = self._day_words(figures)
        for end, right in self._forms.day_form.items():
            said = regex.sub(end, right, said)
        return said


def say_found(text: str, pattern: "regex.Pattern[str]", say: Callable[[Match], str]) -> str:
    """Return a text with words for what a pattern finds, except where the function returns none."""
    return pattern.sub(lambda match: say(match) or match[0], text)
