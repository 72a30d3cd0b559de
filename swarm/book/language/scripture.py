"""How languages cite the Bible, and verses as people say them: "Matthew 5:3-12" is "Matthew 5, 3 to 12", "Joh. 3,16" is
"Johannes 3, 16".
"""

from functools import lru_cache

import regex

from swarm.book.language.language import Language, Match, Scripture, table, words
from swarm.book.language.pattern import compile_later, value

_EN_NAMES = words(
    "Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Samuel Kings Chronicles Ezra Nehemiah Esther Job "
    "Psalm Psalms Proverbs Ecclesiastes Canticles Isaiah Jeremiah Lamentations Ezekiel Daniel Hosea Joel Amos Obadiah "
    "Jonah Micah Nahum Habakkuk Zephaniah Haggai Zechariah Malachi Matthew Mark Luke John Acts Romans Corinthians "
    "Galatians Ephesians Philippians Colossians Thessalonians Timothy Titus Philemon Hebrews James Peter Jude "
    "Revelation "
    "Revelations Ecclesiasticus Maccabees Tobit Judith Baruch Sirach"
)
_EN_SHORTS = table(
    "Gen=Genesis|Exod=Exodus|Ex=Exodus|Lev=Leviticus|Num=Numbers|Deut=Deuteronomy|Josh=Joshua|Judg=Judges|Sam=Samuel|"
    "Chron=Chronicles|Chr=Chronicles|Neh=Nehemiah|Esth=Esther|Ps=Psalm|Pss=Psalms|Prov=Proverbs|Eccles=Ecclesiastes|"
    "Eccl=Ecclesiastes|Cant=Canticles|Isa=Isaiah|Is=Isaiah|Jer=Jeremiah|Lam=Lamentations|Ezek=Ezekiel|Dan=Daniel|"
    "Hos=Hosea|Obad=Obadiah|Mic=Micah|Nah=Nahum|Hab=Habakkuk|Zeph=Zephaniah|Hag=Haggai|Zech=Zechariah|Mal=Malachi|"
    "Matt=Matthew|Mt=Matthew|Mk=Mark|Lk=Luke|Jn=John|Rom=Romans|Cor=Corinthians|Gal=Galatians|Eph=Ephesians|"
    "Phil=Philippians|Col=Colossians|Thess=Thessalonians|Tim=Timothy|Tit=Titus|Philem=Philemon|Heb=Hebrews|Jas=James|"
    "Pet=Peter|Rev=Revelation|Apoc=Apocalypse|Macc=Maccabees|Ecclus=Ecclesiasticus"
)
ENGLISH = Scripture(
    _EN_NAMES | words("verse verses Verse Verses"),
    _EN_SHORTS,
    " ",
    table("1=First|2=Second|3=Third|I=First|II=Second|III=Third"),
    comma=False,
    plain=words(
        "Gen Exod Lev Deut Josh Neh Ps Prov Eccles Isa Jer Ezek Matt Mt Mk Lk Jn Rom Cor Gal Eph Thess Heb Rev"
    ),
)
GERMAN = Scripture(
    words(
        "Mose Josua Richter Rut Samuel Könige Chronik Esra Nehemia Ester Hiob Psalm Sprüche Prediger Hoheslied Jesaja "
        "Jeremia Klagelieder Hesekiel Ezechiel Daniel Hosea Joel Amos Obadja Jona Micha Nahum Habakuk Zefanja Haggai "
        "Sacharja Maleachi Matthäus Markus Lukas Johannes Apostelgeschichte Römer Korinther Galater Epheser Philipper "
        "Kolosser Thessalonicher Timotheus Titus Philemon Hebräer Jakobus Petrus Judas Offenbarung Makkabäer"
    ),
    table(
        "Gen=Genesis|Ex=Exodus|Lev=Levitikus|Num=Numeri|Dtn=Deuteronomium|Jos=Josua|Ri=Richter|Sam=Samuel|Kön=Könige|"
        "Chr=Chronik|Ps=Psalm|Spr=Sprüche|Pred=Prediger|Jes=Jesaja|Jer=Jeremia|Hes=Hesekiel|Ez=Ezechiel|Dan=Daniel|"
        "Hos=Hosea|Mi=Micha|Sach=Sacharja|Mal=Maleachi|Matth=Matthäus|Mt=Matthäus|Mk=Markus|Mark=Markus|Lk=Lukas|"
        "Luk=Lukas|Joh=Johannes|Apg=Apostelgeschichte|Röm=Römer|Kor=Korinther|Gal=Galater|Eph=Epheser|Phil=Philipper|"
        "Kol=Kolosser|Thess=Thessalonicher|Tim=Timotheus|Tit=Titus|Hebr=Hebräer|Jak=Jakobus|Petr=Petrus|"
        "Offb=Offenbarung|Makk=Makkabäer"
    ),
    numbered=table("1=Erster|2=Zweiter|3=Dritter"),
)
FRENCH = Scripture(
    words(
        "Genèse Exode Lévitique Nombres Deutéronome Josué Juges Ruth Samuel Rois Chroniques Esdras Néhémie Esther Job "
        "Psaume Psaumes Proverbes Ecclésiaste Cantique Isaïe Ésaïe Jérémie Lamentations Ézéchiel Daniel Osée Joël Amos "
        "Abdias Jonas Michée Nahum Habacuc Sophonie Aggée Zacharie Malachie Matthieu Marc Luc Jean Actes Romains "
        "Corinthiens Galates Éphésiens Philippiens Colossiens Thessaloniciens Timothée Tite Philémon Hébreux Jacques "
        "Pierre Jude Apocalypse Maccabées"
    ),
    table(
        "Gn=Genèse|Gen=Genèse|Ex=Exode|Lv=Lévitique|Nb=Nombres|Dt=Deutéronome|Ps=Psaume|Pr=Proverbes|Prov=Proverbes|"
        "Is=Isaïe|Jr=Jérémie|Ez=Ézéchiel|Dn=Daniel|Mt=Matthieu|Matth=Matthieu|Mc=Marc|Lc=Luc|Jn=Jean|Ac=Actes|"
        "Rm=Romains|Rom=Romains|Co=Corinthiens|Cor=Corinthiens|Ga=Galates|Ep=Éphésiens|Ph=Philippiens|"
        "Th=Thessaloniciens|"
        "Tm=Timothée|He=Hébreux|Jc=Jacques|Ap=Apocalypse|Apoc=Apocalypse"
    ),
    numbered=table("1=Première|2=Seconde|3=Troisième"),
)
SPANISH = Scripture(
    words(
        "Génesis Éxodo Levítico Números Deuteronomio Josué Jueces Rut Samuel Reyes Crónicas Esdras Nehemías Ester Job "
        "Salmo Salmos Proverbios Eclesiastés Cantares Isaías Jeremías Lamentaciones Ezequiel Daniel Oseas Joel Amós "
        "Abdías Jonás Miqueas Nahúm Habacuc Sofonías Hageo Zacarías Malaquías Mateo Marcos Lucas Juan Hechos Romanos "
        "Corintios Gálatas Efesios Filipenses Colosenses Tesalonicenses Timoteo Tito Filemón Hebreos Santiago Pedro "
        "Judas Apocalipsis Macabeos"
    ),
    table(
        "Gn=Génesis|Gén=Génesis|Ex=Éxodo|Sal=Salmo|Is=Isaías|Mt=Mateo|Mc=Marcos|Lc=Lucas|Jn=Juan|Rom=Romanos|"
        "Cor=Corintios|Ap=Apocalipsis"
    ),
    numbered=table("1=Primera|2=Segunda|3=Tercera"),
)
ITALIAN = Scripture(
    words(
        "Genesi Esodo Levitico Numeri Deuteronomio Giosuè Giudici Rut Samuele Re Cronache Esdra Neemia Ester Giobbe "
        "Salmo Salmi Proverbi Qoelet Isaia Geremia Lamentazioni Ezechiele Daniele Osea Gioele Amos Abdia Giona Michea "
        "Naum Abacuc Sofonia Aggeo Zaccaria Malachia Matteo Marco Luca Giovanni Atti Romani Corinzi Galati Efesini "
        "Filippesi Colossesi Tessalonicesi Timoteo Tito Filemone Ebrei Giacomo Pietro Giuda Apocalisse Maccabei"
    ),
    table(
        "Gen=Genesi|Gn=Genesi|Es=Esodo|Sal=Salmo|Is=Isaia|Mt=Matteo|Mc=Marco|Lc=Luca|Gv=Giovanni|At=Atti|Rm=Romani|"
        "Cor=Corinzi|Ap=Apocalisse"
    ),
    numbered=table("1=Prima|2=Seconda|3=Terza"),
)
DUTCH = Scripture(
    words(
        "Genesis Exodus Leviticus Numeri Deuteronomium Jozua Richteren Rechters Ruth Samuel Koningen Kronieken Ezra "
        "Nehemia Ester Job Psalm Spreuken Prediker Hooglied Jesaja Jeremia Klaagliederen Ezechiël Daniël Hosea Joël "
        "Amos Obadja Jona Micha Nahum Habakuk Zefanja Haggaï Zacharia Maleachi Matteüs Mattheüs Marcus Lucas Johannes "
        "Handelingen Romeinen Korintiërs Korinthiërs Galaten Efeziërs Filippenzen Kolossenzen Tessalonicenzen Timoteüs "
        "Titus Filemon Hebreeën Jakobus Petrus Judas Openbaring"
    ),
    table(
        "Gen=Genesis|Ex=Exodus|Ps=Psalm|Jes=Jesaja|Jer=Jeremia|Mat=Matteüs|Matt=Matteüs|Mar=Marcus|Luc=Lucas|"
        "Joh=Johannes|Rom=Romeinen|Kor=Korintiërs|Openb=Openbaring"
    ),
    " vers ",
    table("1=Eerste|2=Tweede|3=Derde"),
    comma=False,
)
PORTUGUESE = Scripture(
    words(
        "Gênesis Génesis Êxodo Levítico Números Deuteronômio Josué Juízes Rute Samuel Reis Crônicas Esdras Neemias "
        "Ester "
        "Jó Salmo Salmos Provérbios Eclesiastes Isaías Jeremias Lamentações Ezequiel Daniel Oseias Joel Amós Obadias "
        "Jonas Miqueias Naum Habacuque Sofonias Ageu Zacarias Malaquias Mateus Marcos Lucas João Atos Romanos "
        "Coríntios "
        "Gálatas Efésios Filipenses Colossenses Tessalonicenses Timóteo Tito Filémon Hebreus Tiago Pedro Judas "
        "Apocalipse"
    ),
    table(
        "Gn=Gênesis|Ex=Êxodo|Sl=Salmo|Is=Isaías|Mt=Mateus|Mc=Marcos|Lc=Lucas|Jo=João|Rm=Romanos|Cor=Coríntios|"
        "Ap=Apocalipse"
    ),
    numbered=table("1=Primeira|2=Segunda|3=Terceira"),
)
POLISH = Scripture(
    words(
        "Rodzaju Wyjścia Kapłańska Liczb Powtórzonego Prawa Jozuego Sędziów Rut Samuela Królewska Kronik Hioba Psalm "
        "Psalmy Przysłów Koheleta Izajasza Jeremiasza Ezechiela Daniela Ozeasza Joela Amosa Jonasza Micheasza "
        "Zachariasza Malachiasza Mateusza Marka Łukasza Jana Dzieje Dziejów Apostolskich Rzymian Koryntian Galatów "
        "Efezjan Filipian "
        "Kolosan Tesaloniczan Tymoteusza Tytusa Filemona Hebrajczyków Jakuba Piotra Judy Apokalipsa Apokalipsy "
        "Mądrości Syracha Machabejska Tobiasza Judyty Estery Ezdrasza Nehemiasza Barucha Lamentacje"
    ),
    table(
        "Rdz=Księga Rodzaju|Wj=Księga Wyjścia|Kpł=Księga Kapłańska|Lb=Księga Liczb|Pwt=Księga Powtórzonego Prawa|"
        "Joz=Księga Jozuego|Sdz=Księga Sędziów|Sm=Samuela|Krl=Królewska|Krn=Kronik|Hi=Hioba|Ps=Psalm|Prz=Przysłów|"
        "Koh=Koheleta|Pnp=Pieśń nad Pieśniami|Mdr=Mądrości|Syr=Syracha|Iz=Izajasz|Jr=Jeremiasz|Lm=Lamentacje|"
        "Ez=Ezechiel|Dn=Daniel|Oz=Ozeasz|Jl=Joel|Am=Amos|Jon=Jonasz|Mi=Micheasz|Za=Zachariasz|Ml=Malachiasz|"
        "Mch=Machabejska|Tb=Tobiasz|Mt=Mateusz|Mk=Marek|Łk=Łukasz|J=Jana|Dz=Dzieje|Rz=Rzymian|Kor=Koryntian|"
        "Ga=Galatów|Ef=Efezjan|Flp=Filipian|Kol=Kolosan|Tes=Tesaloniczan|Tm=Tymoteusza|Tt=Tytusa|Hbr=Hebrajczyków|"
        "Jk=Jakuba|P=Piotra|Jud=Judy|Ap=Apokalipsa"
    ),
    numbered=table("1=Pierwszy|2=Drugi|3=Trzeci"),
    single=words("J P"),
)
RUSSIAN = Scripture(
    words(
        "Бытие Исход Псалом Исаия Иеремия Иезекииль Даниил Матфея Марка Луки Иоанна Римлянам Коринфянам Евреям "
        "Откровение"
    ),
    table(
        "Быт=Бытие|Исх=Исход|Пс=Псалом|Ис=Исаия|Иер=Иеремия|Мф=от Матфея|Мк=от Марка|Лк=от Луки|Ин=от Иоанна|"
        "Рим=Римлянам|Кор=Коринфянам|Откр=Откровение"
    ),
    numbered=table("1=Первое|2=Второе"),
)


MAX_CHAPTER, MAX_VERSE = 150, 176  # the Psalms have 150 chapters, and Psalm 119 has 176 verses
_FIGURE = compile_later(r"\d")
_NAME_BEHIND = compile_later(r"\.\s\p{Lu}")
_PSALMS = ("Psa", "Sal", "Псал")
_NO_VERSE = (
    r"\s?(?i:[ap]\.?\s?m\b|o['’]clock|Uhr|uur|h\b|heures|Euro|Prozent|percent|per cent|Meter|Mio|Millionen)"
    r"|\s?(?:[ckm]?m|kg)\b"
    r"|\s?[€%$£]"
)


def say_verses(text: str, language: Language) -> str:
    """Return a sentence with a word or a pause between chapter and verse; the numbers remain figures."""
    scripture = language.scripture
    if scripture is None or not (_FIGURE.search(text) or "." in text):
        return text
    return _finder(scripture).sub(lambda match: _said(match, scripture), text)


def _said(match: Match, scripture: Scripture) -> str:
    number, book, chapter, roman, verse = (match[name] for name in ("number", "book", "chapter", "roman", "verse"))
    if roman and roman.isupper() and book in scripture.names:
        return match[0]  # "Louis and Mark IV, 3"
    if not verse and not _is_whole_chapter(match, scripture):
        return match[0]
    first = value(roman) if roman else int(chapter)
    if not 1 <= first <= MAX_CHAPTER or int(verse or 1) > MAX_VERSE:
        return match[0]
    name = scripture.shorts.get(book, book)
    before = f"{scripture.numbered[number]} {name}" if number else name
    if not verse:
        return f"{before} {first}"
    # Three digits behind a space would be thousands, and before several verses a pause is clearer.
    apart = len(verse) > 2 or match["more"]
    between = ", " if apart and scripture.verse == " " else scripture.verse
    return f"{before} {first}{between}{verse}"


def _is_whole_chapter(match: Match, scripture: Scripture) -> bool:
    """Return whether a chapter is cited without a verse: "Ps. 23", "II Sam. 11", "Matt. v", but not "Gen. v. Stein"."""
    if match["roman"]:
        name_follows = len(match["roman"]) == 1 and _NAME_BEHIND.match(match.string, match.end())
        return match["book"] not in scripture.names and match["stop"] is not None and not name_follows
    return bool(match["number"]) or scripture.shorts.get(match["book"], "").startswith(_PSALMS)


@lru_cache(64)
def _finder(scripture: Scripture) -> "regex.Pattern[str]":
    names, shorts, plain = (
        "|".join(sorted(map(regex.escape, each), key=len, reverse=True))
        for each in (
            scripture.names,
            scripture.shorts.keys() - scripture.single,
            (scripture.plain or scripture.shorts.keys()) - scripture.single,
        )
    )
    number = "|".join(scripture.numbered)
    single = "|".join(scripture.single) or "(?!)"
    between = r"(?::|,\s?)" if scripture.comma else ":"
    alone = rf"(?![\d:]|[.,]\d|\s(?:{shorts})\.)"  # "2" in "I Cor. xiii, 2 Tim. ii" counts the next book
    verse = rf"(?P<verse>\d{{1,3}}){alone}(?=(?P<more>\s?[-–]\s?\d|,\s?\d{{1,2}}(?!\d))?)(?!{_NO_VERSE})"
    books = scripture.names | scripture.plain | scripture.single | scripture.shorts.keys()
    letters = {name[0] for name in (*scripture.numbered, *books)}
    begin = rf"(?=[{''.join(sorted(letters))}])"  # this excludes most places at once
    return compile_later(
        rf"{begin}(?<![\p{{L}}\d.])(?:(?P<number>{number})(?:\.\s?|\s|(?<=\d)(?=\p{{Lu}})))?"
        rf"(?:(?P<book>{shorts})(?P<stop>\.)|(?P<book>{names}|{plain})(?![\p{{L}}.])|"
        rf"(?P<book>{single})(?=\s\d{{1,3}},\s?\d))\s?"
        rf"(?:(?P<chapter>\d{{1,3}})(?:{between}{verse}|(?![\d:½]|[.,/]\d|\s?[-–%€]))|(?P<roman>(?:[ivxlc]{{1,7}}|[IVXLC]{{1,7}}(?=[.,:]\s\d))+)(?![\p{{L}}’'])(?:[.:,]\s{verse})?)"
    )
