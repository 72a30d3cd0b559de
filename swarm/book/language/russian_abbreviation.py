"""Russian abbreviations whose words take the case that a preposition or a name beside them shows."""

import regex

from swarm.book.language.language import Abbreviations, Match, table, words
from swarm.book.language.late_pattern import compile_later

_SHORT_YEAR = compile_later(
    r"(?:\b((?i:в|во|о|на|к|ко|с|до|от|из|по|после|около))\s)?(?<![\p{L}\d.,:/-])"
    r"((?:(?:1\d{3}|20\d\d)\s?[–—-]\s?)?(?:1\d{3}|20\d\d|[1-9]\d\d|[1-9]\d?(?=\sг\.\s(?:до\s)?н\.)))\s?(гг?)\."
    r"(?P<ends>[\s\"”»)]*$)?"
)
_HOURS_AND_MINUTES = compile_later(r"(?<!\d)(\d{1,2})\sч\.\s(\d{1,2})\sмин\b")
_YEAR_TWICE = compile_later(r"(\bгода)\sг\.(?=\s?[\p{Ll},;:)])")  # "3.05.1898 г." ends so when its year is spelled out
_YEARS_OF_CENTURY = compile_later(r"(?<![\d.,])(1\d|20)(\d\d)(\s?[–—-]\s?)(\d\d)(?=\s(?:гг?\.|год))")
_STREET = compile_later(r"\b((?i:на|по|в|во|к|о|с|со|из|от|до|у|около|близ))\s(ул|г|пл)\.(?=\s\p{Lu})")
_TOWNS = {"ул": ("улице", "улицы"), "г": ("городе", "города"), "пл": ("площади", "площади")}
_SAINT = compile_later(r"\b([Сс])в\.(?=\s\p{Lu}\p{Ll}+?(а|я|ы|и|ого|ой)?\b)")
_OF_HIM = words("Николая Петра Павла Георгия Ивана Андрея Иоанна Василия Михаила Владимира Александра Ильи Луки Марка")
_DECADES = compile_later(r"(?<=\d-(е|х)\s)гг\.(?=\s|[,;)])")
_PLACES = table(
    "стр=странице|с=странице|гл=главе|т=томе|ч=части|кн=книге|п=пункте|ст=статье|рис=рисунке|табл=таблице|д=доме|кв=квартире"
)
_NUMBER = compile_later(
    r"(?:\b((?i:в|во|о|на|из|от|до|с|после|для|без))\s)?(?<!№)№\s?(\d+(?:\s?[–—-]\s?\d|,?\s(?:и|\d))?)"
)
_SECONDS = compile_later(r"(?<=\d,\d{1,3}\s)с(?:\.(?=\s\p{Ll}|[,;:)])|(?=\.?[\s\"”»)]*$))")
_ONE_SPOON = compile_later(r"(?<=\p{Ll}(?:те|ть|ти)\s)1\s(ст|ч)\.\sл\.?(?=\s\p{Ll})")  # "добавьте 1 ст. л. соли"
_KOPECKS = compile_later(r"(?<=\d\s?(?:р|руб)\.\s\d{1,2}\s)к\.(?=\s|[,;:)])")
_IN_PLACE = compile_later(rf"\b([НнВвОо]а?)\s({'|'.join(_PLACES)})\.(?=\s?\d)")


def _with(preposition: str | None, said: str) -> str:
    return f"{preposition} {said}" if preposition else said


def _short_year(match: Match) -> str:
    """Write "1812 г." with the word that the preposition asks for."""
    before = (match[1] or "").lower()
    stop = match[3] and match["ends"] is not None
    if match[3] == "гг":
        noun = "годах" if before in ("в", "во") else "годов" if before else "годы"
    else:
        alone = not before and regex.search(r"(?:^|[,(;:–—])\s?$", match.string[: match.start()])
        noun = "году" if before in ("в", "во", "о", "на", "к", "ко") else "год" if alone or before == "по" else "года"
    return _with(match[1], f"{match[2]} {noun}") + (f".{match['ends']}" if stop else "")


def _prepare_abbreviations(text: str) -> str:
    """Write out "1812 г.", "на ул. Ленина" and "св. Анна", whose forms depend on the words around them."""
    text = _HOURS_AND_MINUTES.sub(r"\1 ч \2 мин", text)
    text = _YEAR_TWICE.sub(r"\1", text)
    text = _YEARS_OF_CENTURY.sub(r"\1\2\3\1\4", text)
    text = _DECADES.sub(lambda match: "годы" if match[1] == "е" else "годах", _SHORT_YEAR.sub(_short_year, text))
    text = _IN_PLACE.sub(lambda match: f"{match[1]} {_PLACES[match[2]]}", text)
    text = _KOPECKS.sub("коп.", text)
    text = _STREET.sub(_street, _SECONDS.sub("сек", text))
    text = _ONE_SPOON.sub(lambda match: f"одну {'столовую' if match[1] == 'ст' else 'чайную'} ложку", text)
    text = _NUMBER.sub(_number, text) if "№" in text else text
    return str(_SAINT.sub(_saint, text))


def _street(match: Match) -> str:
    where, whence = _TOWNS[match[2]]
    return f"{match[1]} {where if match[1].lower() in ('на', 'по', 'в', 'во', 'к', 'о') else whence}"


def _number(match: Match) -> str:
    """Say "№ 5–7" and "в № 3", whose words show one or several, and the case."""
    before, several = (match[1] or "").lower(), not match[2].isdecimal()
    if before in ("в", "во", "о", "на"):
        said = "номерах" if several else "номере"
    elif before:
        said = "номеров" if several else "номера"
    else:
        said = "номера" if several else "номер"
    return f"{_with(match[1], said)} {match[2]}"


def _saint(match: Match) -> str:
    name = regex.match(r"\s(\p{L}+)", match.string, pos=match.end())
    masculine = bool(name and name[1] in _OF_HIM)
    ending = "ого" if masculine or match[2] == "ого" else "ая" if match[2] in ("а", "я") else "ой"
    return f"{match[1]}вят{ending}"


ABBREVIATIONS = Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=words("с г гг ул пл св стр с гл т ч кн п ст рис табл"),
    titles=table(
        "инж=инженер|Инж=Инженер|полк=полковник|подполк=подполковник|кап=капитан|пор=поручик|Полк=Полковник|г-н=господин|г-на=господина|"
        "г-ну=господину|г-ном=господином|г-не=господине|г-жа=госпожа|г-жи=госпожи|"
        "г-же=госпоже|г-жу=госпожу|г-жой=госпожой|Г-н=Господин|Г-жа=Госпожа|гг=господа|д-р=доктор|д-ра=доктора|"
        "д-ру=доктору|д-ром=доктором|Д-р=Доктор|проф=профессор|Проф=Профессор|акад=академик|Акад=Академик|"
        "св=святой|Св=Святой|тов=товарищ|ген=генерал|кн=князь|гр=граф|ул=улица|г=город|пл=площадь|пос=посёлок|"
        "оз=озеро|о=отец|им=имени|Им=Имени|свв=святые|преп=преподобный|архиеп=архиепископ|еп=епископ"
    ),
    numbered=table(
        "прил=приложение|сц=сцена|гл=глава|с=страница|стр=страница|т=том|ч=часть|рис=рисунок|табл=таблица|№=номер|№№=номера|п=пункт|"
        "ст=статья|кн=книга|разд=раздел|л=лист|вып=выпуск|прим=примечание|§=параграф|д=дом|кв=квартира"
    ),
    anywhere=table(
        "в т. ч.=в том числе|с. г.=сего года|и сл.=и следующие|тел.=телефон|ок.=около|с англ.=с английского|"
        "с фр.=с французского|с франц.=с французского|"
        "с нем.=с немецкого|с лат.=с "
        "латинского|с греч.=с греческого|с итал.=с итальянского|с исп.=с испанского|Пер.=Перевод|ред.=редакция|"
        "Изд.=Издание|изд.=издание|чел.=человек|экз.=экземпляров|обл.=область|т. д.=так далее|"
        "т.д.=так далее|т. п.=тому подобное|т.п.=тому подобное|т. е.=то есть|т.е.=то есть|"
        "т. к.=так как|т.к.=так как|т. н.=так называемый|т.н.=так называемый|и др.=и другие|и пр.=и прочее|"
        "см.=смотри|ср.=сравни|напр.=например|н. э.=нашей эры|н.э.=нашей эры|т. о.=таким образом|"
        "т.о.=таким образом"
    ),
    whole=words("г-н г-на г-ну г-ном г-не г-жа г-жи г-же г-жу г-жой Г-н Г-жа д-р д-ра д-ру д-ром Д-р № №№ §"),
    joins="и|или",
)
