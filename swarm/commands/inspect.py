"""`e2a-swarm inspect`: show what would be spoken of a book, without speaking it, and list its names."""

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

from msgspec import Struct
from msgspec.structs import replace

from swarm.audiobook.sound.cover import cover_fault
from swarm.audiobook.sound.reel import PAUSE_LENGTHS_S
from swarm.book.any_file import read_book
from swarm.book.model.book import Book, Chapter, ChapterText, Pause, Segment
from swarm.book.model.engine_text import split_at_phonemes
from swarm.book.model.language_code import language_name, normal_language
from swarm.book.model.reading_choice import NO_CAST, Cast
from swarm.book.speech.capitals import usage_of
from swarm.book.speech.casting import Casting, cast_by_itself, marks_in
from swarm.book.speech.dialogue import Dialogue, find_dialogue, with_persons
from swarm.book.speech.lexicon import NO_LEXICON, read_lexicon
from swarm.book.speech.script import chapter_texts, spoken_chapters
from swarm.book.speech.segment import segment_chapter, unsaid_languages
from swarm.book.speech.speech import Speech
from swarm.commands.book_config import reading
from swarm.commands.output import say, say_json
from swarm.config import RenderConfig, may_download, state_folder
from swarm.coordinator.book_cast import KeptCast, kept_file
from swarm.coordinator.seen_engines import SeenEngines
from swarm.job.card import EngineCard
from swarm.job.spec import Recipe
from swarm.system.text import count_text, plain_line
from swarm.voice.host.default_voice import coming_word, lacking_models
from swarm.voice.host.fallback_voices import cast_voices, find_guests
from swarm.voice.host.registry import check_speaks, choose_card, find_voice
from swarm.watch.words import guest_rows, guests_line


class Name(Struct, frozen=True):
    """A name of a book."""

    written: str
    times: int
    phonemes: str  # IPA; "" if the engine cannot tell
    readable: str  # the phonemes in English letters
    said: str  # the spelling that the engine is given


def find_names(chapters: Sequence[ChapterText], speech: Speech, language: str) -> list[Name]:
    """Return the names of some chapters, the most frequent first, as an engine will say them."""
    from swarm.book.model.engine_text import read_engine_text
    from swarm.book.speech.capitals import book_names
    from swarm.voice.host.registry import find_engine
    from swarm.voice.ipa import readable

    counted = book_names(chapters)
    texts = [read_engine_text(speech.say(written, language)) for written, _ in counted]
    asked = find_engine(speech.card.name).phonemes_of(language, [spoken for spoken, _ in texts])
    found = []
    for place, ((written, times), (spoken, marked)) in enumerate(zip(counted, texts, strict=True)):
        ipa = marked[0].ipa if marked else asked[place] if asked else ""
        found.append(Name(written, times, ipa, readable(ipa), spoken))
    return found


def name_lines(names: Sequence[Name], engine: str, language: str) -> list[str]:
    """Return the lines of a dictionary: a comment and a rule for each name."""
    lines = [
        f"# Names, the most frequent first, as {engine} says them. Change what is right of = and give the file with",
        "# --lexicon; `e2a-swarm preview BOOK --name NAME --lexicon FILE` speaks one.",
        f"[{language}]",
    ]
    for name in names:
        heard = f": {name.readable} /{name.phonemes}/" if name.phonemes else ""
        lines += ["", f"# {count_text(name.times, 'time')}{heard}", f"{name.written} = {name.said}"]
    return lines


UNKNOWN = ""  # the name of those who are not named
UNNAMED = "?"  # stands before what they say


class Character(Struct, frozen=True):
    """A speaker, with what it says in characters and, by how it is known, in quotations."""

    name: str
    characters: int
    named: int = 0  # beside the quotation
    same_paragraph: int = 0  # told by the narrator's words in the paragraph
    in_turn: int = 0  # told by what stands around it
    pronoun: int = 0  # told by a pronoun beside it and by what stands around it
    unknown: int = 0
    gender: str = ""
    also: tuple[str, ...] = ()  # other names


class Characters(Struct, frozen=True):
    """The speakers of a book, those who say most first, and the share of its text that is dialogue."""

    dialogue: float
    speakers: tuple[Character, ...]
    marks: tuple[str, ...] = ()  # names of marks [voice:NAME]


def find_characters(texts: Sequence[Sequence[str]], dialogue: Dialogue) -> Characters:
    """Find the speakers of a book, by the texts of the blocks of each chapter."""
    persons, found = dialogue.persons, list(dialogue.utterances)
    counts = Counter((each.speaker, each.grounds if each.speaker else "unknown") for each in found)
    said: Counter[str] = Counter()
    for each in found:
        said[each.speaker] += each.end - each.start
    genders = {each.speaker: each.gender for each in found}
    whole = sum(map(len, (text for blocks in texts for text in blocks)))
    speakers = tuple(
        Character(
            name,
            characters,
            **{grounds.replace(" ", "_"): number for (speaker, grounds), number in counts.items() if speaker == name},
            gender=genders[name] if name else "",
            also=tuple(other for other in persons.names_of(name) if other != name) if name else (),
        )
        for name, characters in said.most_common()
    )
    marks = marks_in([text for blocks in texts for text in blocks])
    return Characters(round(said.total() / max(1, whole), 4), speakers, marks)


def cast_lines(found: Characters, cast: Cast = NO_CAST) -> list[str]:
    """Return the lines of a cast, with a comment for each speaker.

    Who has a voice in `cast` has it here; before the other lines stands #, until a voice is named.
    """
    unknown = next((each for each in found.speakers if each.name == UNKNOWN), None)
    voices = dict(cast.speakers)
    lines = [
        f"# {100 * found.dialogue:.0f} % of the text is dialogue. A line NAME = VOICE gives a speaker a voice;",
        "# with # before it, it does nothing. Change what you like, and give the file",
        "# with --cast. `Holmes` also means `Mr. Sherlock Holmes`. `he` and `she` speak",
        f"# for persons without a line. Quotations that name nobody: {unknown.unknown if unknown else 0}; `he` and",
        "# `she` speak them where a pronoun tells, `dialogue` elsewhere.",
        "#dialogue = VOICE",
        *(_cast_row(word, voices) for word in ("he", "she")),
    ]
    words = {"m": "a man; ", "f": "a woman; ", "": ""}
    for each in found.speakers:
        if each.name != UNKNOWN:
            around = each.same_paragraph + each.in_turn + each.pronoun
            also = f"; also {', '.join(each.also[:6])}" if each.also else ""
            known = f"{count_text(each.named + around, 'quotation')}, {around} of them by what stands around"
            lines += [
                "",
                *_comment(f"{words[each.gender]}{known}; {each.characters:,} characters{also}"),
                _cast_row(each.name, voices),
            ]
    for mark in found.marks:
        lines += ["", f"# text behind marks [voice:{mark}]", f"#[{mark}] = VOICE"]
    return lines


def _comment(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _cast_row(name: str, voices: Mapping[str, str]) -> str:
    return f"{name} = {voices[name]}" if name in voices else f"#{name} = VOICE"


WIDTH = 80
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")  # Thai to Han
OPENING_CHARS = 52
MAX_HEADING_SEGMENTS = 6  # first segments of a chapter that may be its heading
MAX_UNSPOKEN = 10  # unspoken texts that are shown; --json lists all of them


def run(arguments: argparse.Namespace) -> int:
    """Print the contents of a book; return the exit code. Raises BookError, UsageError."""
    book = _with_cover_fault(read_book(Path(arguments.book).expanduser(), reading(arguments)))
    language = normal_language(arguments.language) if arguments.language.strip() else book.language
    card = _card(arguments.tts_engine.strip().lower(), language)
    lexicon = read_lexicon(Path(arguments.lexicon).expanduser()) if arguments.lexicon else NO_LEXICON
    speech = Speech(card, lexicon.over(book.pronunciations), usage_of(book))
    if arguments.names:
        _print_names(spoken_chapters(book), speech, language, as_json=arguments.json)
        return 0
    if arguments.cast:
        _print_cast(book, language, card, speech, arguments)
        return 0
    spoken = spoken_chapters(book)
    guests = find_guests(card, unsaid_languages(spoken, language, card))
    chapters = [segment_chapter(text, language, card, speech, fallbacks=guests) for text in spoken]
    if arguments.json:
        say_json(_as_json(book, chapters, language, card, text=arguments.text))
        return 0
    if not arguments.quiet:
        _print(book, chapters, language, card)
    if arguments.text:
        for number, chapter in enumerate(chapters, start=1):
            say("", *_text_lines(number, chapter))
    return 0


def _print_names(chapters: tuple[ChapterText, ...], speech: Speech, language: str, *, as_json: bool) -> None:
    names = find_names(chapters, speech, language)
    if as_json:
        say_json(names)
    else:
        say(*name_lines(names, speech.card.name, language))


def _print_cast(book: Book, language: str, card: EngineCard, speech: Speech, arguments: argparse.Namespace) -> None:
    texts = chapter_texts(book)
    config = RenderConfig(books=(), output_dir=Path(), state_dir=state_folder(""))
    kept = KeptCast(kept_file(config, book, Recipe(card.name, "", language)), language)
    dialogue = with_persons(find_dialogue(texts, language), kept.persons)
    found = find_characters(texts, dialogue)
    if arguments.json:
        say_json(found)
        return
    if not (arguments.text and arguments.quiet):
        _print_cast_file(found, dialogue, language, card, kept)
    if arguments.text:
        names = [(each.name, each.name) for each in found.speakers if each.name]
        casting = Casting(Cast(UNNAMED, tuple(names)), dialogue=dialogue)
        for number, text in enumerate(spoken_chapters(book), start=1):
            own = casting.for_chapter(number, "")
            say("", *_text_lines(number, segment_chapter(text, language, card, speech, casting=own)))


def _print_cast_file(found: Characters, dialogue: Dialogue, language: str, card: EngineCard, kept: KeptCast) -> None:
    voices = cast_voices(card, language, find_voice(card, language).name) if card.casts else []
    lacking = lacking_models(Recipe(card.name, voices[0].name, language), voices) if voices else {}
    if not may_download():
        voices = [*voices[:1], *(each for each in voices[1:] if each not in lacking)]
    cast = cast_by_itself(dialogue, NO_CAST, voices, kept.voice_of) if len(voices) > 1 else NO_CAST
    fetched = [each.name for each in lacking if each.name in cast.voices]
    note = _comment(f"Not here yet, and downloaded before the book begins: {', '.join(fetched)}.") if fetched else []
    say(*note, *cast_lines(found, cast))


def _with_cover_fault(book: Book) -> Book:
    """Return a book whose oddities tell why its cover cannot be shown."""
    fault = cover_fault(book.cover.data) if book.cover else ""
    return (
        replace(book, oddities=(*book.oddities, f"its cover is {fault}: one is drawn in its place")) if fault else book
    )


def _card(engine: str, language: str) -> EngineCard:
    if engine:
        SeenEngines(state_folder())  # it may be an engine that only workers have
    card, _ = choose_card(engine or coming_word(language), "", language)
    check_speaks(card, language)
    return card


def _print(book: Book, chapters: list[Chapter], language: str, card: EngineCard) -> None:
    say(*_heading_lines(book, language, card), "")
    pace = card.pace(language)
    for number, chapter in enumerate(chapters, start=1):
        say(_row(number, chapter, pace), f"      {_opening(chapter)}".rstrip())
    say("", *_total_lines(chapters, pace))
    say(*_foreign_lines(chapters), *_guest_lines(chapters, card), *_left_out_lines(book), *_doubt_lines(book), hang=2)
    say(*_unspoken_lines(chapters), *_odd_lines(book))


def _heading_lines(book: Book, language: str, card: EngineCard) -> list[str]:
    about = [language_name(language), f"engine {card.name}", book.year, book.publisher]
    about.append("" if book.cover else "no cover")
    about.append(count_text(book.notes, "note") if book.notes else "")
    lines = [book.title, f"by {', '.join(book.authors)}" if book.authors else "by an unnamed author"]
    cautions = (book.language_doubt if language == book.language else "", *book.cautions)
    lines = [*lines, "; ".join(word for word in about if word)]
    return [*map(_short, lines), *(f"note: {line}" for line in cautions if line)]


def _row(number: int, chapter: Chapter, pace: float) -> str:
    figures = f"{_count(_words(chapter)):>14} {_length(_seconds(chapter, pace)):>8}"
    room = WIDTH - len(figures) - 6
    return f"{number:>4}  {_short(chapter.title, room):<{room}}{figures}"


def _total_lines(chapters: list[Chapter], pace: float) -> list[str]:
    words = sum(map(_words, chapters))
    count = count_text(len(chapters), "chapter")
    return [f"{count}, {_count(words)}, about {_length(sum(_seconds(chapter, pace) for chapter in chapters))} of sound"]


def _left_out_lines(book: Book) -> list[str]:
    """Return a line for each part that is left out. Parts with the same title and reason share one."""
    words: dict[tuple[str, str, str], list[int]] = {}
    for text in book.chapters:
        if text.left_out:
            words.setdefault((text.title, text.left_out, text.grounds), []).append(_text_words(text))
    lines = [_left_out_line(*part, counts) for part, counts in words.items()]
    return ["", "left out (--include NAME reads it):", *lines] if lines else []


def _left_out_line(title: str, reason: str, grounds: str, counts: list[int]) -> str:
    """Return the line about a title, which is not shortened because --include takes it."""
    times = f" ({len(counts)} times)" if len(counts) > 1 else ""
    return f"  {' '.join(title.split())}{times}: {reason} ({grounds}), {_count(sum(counts))}"


def _doubt_lines(book: Book) -> list[str]:
    """Return a line for each kind of blocks that is left out by a guess or perhaps should be, with its examples."""
    lines: list[str] = []
    for doubt in book.doubts:
        now = "left out" if doubt.left_out else "read"
        times = count_text(doubt.times, "time")
        name, _, value = doubt.option.partition("=")
        option = f'{name} "{value}"' if value else name  # as every shell takes it, "transcriber's note" too
        lines.append(f"  {doubt.what}, {times}, {_count(doubt.words)}: {now}; {option} decides otherwise")
        lines += [f"      {plain_line(example)}" for example in doubt.examples]
    return ["", "not sure (an option decides otherwise):", *lines] if lines else []


MIN_CHAPTER_SHARE = 0.8  # so much of a chapter's text makes it one in another language


def _language_of(chapter: Chapter) -> str:
    """Return the language of nearly all of a chapter, "" if it is the book's."""
    said: Counter[str] = Counter()
    for segment in chapter.segments:
        said[segment.language] += len(segment.written)
    language, count = max(said.items(), key=lambda item: item[1], default=("", 0))
    return language if count >= MIN_CHAPTER_SHARE * said.total() else ""


def _foreign_lines(chapters: list[Chapter]) -> list[str]:
    """Return a line for each chapter that is wholly in another language."""
    found = ((number, _language_of(chapter)) for number, chapter in enumerate(chapters, start=1))
    return [f"chapter {number} is {language_name(language)}" for number, language in found if language]


def _guest_lines(chapters: list[Chapter], card: EngineCard) -> list[str]:
    line = guests_line(guest_rows(chapters), card.name)
    return [line] if line else []


def _unspoken_lines(chapters: list[Chapter]) -> list[str]:
    lines = [
        f"  chapter {number}: {_short(line.text, 30)}: {line.reason}"
        for number, chapter in enumerate(chapters, start=1)
        for line in chapter.unspoken
    ]
    more = [f"  and {len(lines) - MAX_UNSPOKEN} more; --json names them all"] if len(lines) > MAX_UNSPOKEN else []
    whole = sum(len(segment.written) for chapter in chapters for segment in chapter.segments)
    silent = sum(len(line.text) for chapter in chapters for line in chapter.unspoken)
    share = f"{max(1, round(100 * silent / max(1, silent + whole)))} %"
    return (
        ["", f"unspoken, a pause instead ({share} of the text):", *map(_short, lines[:MAX_UNSPOKEN]), *more]
        if lines
        else []
    )


def _odd_lines(book: Book) -> list[str]:
    return ["", "odd about this file:", *(_short(f"  {line}") for line in book.oddities)] if book.oddities else []


def _opening(chapter: Chapter) -> str:
    """Return the first words of a chapter after its heading."""
    pauses = [segment.pause for segment in chapter.segments]
    start = pauses.index(Pause.HEADING) + 1 if Pause.HEADING in pauses[:MAX_HEADING_SEGMENTS] else 0
    while start and Pause.HEADING in pauses[start : start + 1]:
        start += 1
    return _short(" ".join(segment.written for segment in chapter.segments[start : start + 3]), OPENING_CHARS)


def _text_lines(number: int, chapter: Chapter) -> list[str]:
    """Return the text of a chapter, one segment a line, with an empty line after each paragraph."""
    lines = [f"--- {number}. {chapter.title}", ""]
    for segment in chapter.segments:
        lines += (
            [_engine_line(segment)] if segment.pause in (Pause.CLAUSE, Pause.SENTENCE) else [_engine_line(segment), ""]
        )
    return lines


def _engine_line(segment: Segment) -> str:
    """Return the text that the engine gets, with the phonemes of a word behind it: "Oconee /əˈkoʊni/".

    With --cast the name of the one who says it stands before it.
    """
    pieces = split_at_phonemes(segment.spoken, segment.phonemes)
    who = segment.speaker or (UNNAMED if segment.voice == UNNAMED else "")  # only with --cast
    return (f"{who}: " if who else "") + "".join(f"{text} /{ipa}/" if ipa else text for text, ipa in pieces)


def _as_json(book: Book, chapters: list[Chapter], language: str, card: EngineCard, *, text: bool) -> dict[str, object]:
    pace = card.pace(language)
    rows = [_chapter_json(number, chapter, pace, text=text) for number, chapter in enumerate(chapters, start=1)]
    left_out = [
        {"title": text.title, "reason": text.left_out, "grounds": text.grounds, "words": _text_words(text)}
        for text in book.chapters
        if text.left_out
    ]
    about = {name: getattr(book, name) for name in ("title", "authors", "year", "publisher", "description")}
    about |= {"identifier": book.identifier, "cover": book.cover.media_type if book.cover else ""}
    about |= {"notes": book.notes, "oddities": book.oddities}
    about |= {"cautions": (*filter(None, (book.language_doubt,)), *book.cautions)}
    estimated_s = round(sum(_seconds(chapter, pace) for chapter in chapters))
    totals = {"words": sum(map(_words, chapters)), "estimated_s": estimated_s}
    return {
        **about,
        "language": language,
        "engine": card.name,
        "chapters": rows,
        "guests": guest_rows(chapters),
        "left_out": left_out,
        "doubts": book.doubts,
        "unspoken": [
            {"chapter": number, "text": line.text, "reason": line.reason}
            for number, chapter in enumerate(chapters, start=1)
            for line in chapter.unspoken
        ],
        "totals": totals,
    }


def _chapter_json(number: int, chapter: Chapter, pace: float, *, text: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "number": number,
        "title": chapter.title,
        "opening": _opening(chapter),
        "language": _language_of(chapter),
        "words": _words(chapter),
        "characters": _characters(chapter),
        "segments": len(chapter.segments),
        "estimated_s": round(_seconds(chapter, pace)),
    }
    return row | ({"text": list(map(_engine_line, chapter.segments))} if text else {})


def _words(chapter: Chapter) -> int:
    return sum(_words_in(segment.written) for segment in chapter.segments)


def _text_words(text: ChapterText) -> int:
    return sum(_words_in(block.text) for block in text.blocks)


def _words_in(text: str) -> int:
    """Count words. In scripts without spaces between words, two signs count as one word."""
    signs = len(UNSPACED.findall(text))
    return len(text.split()) if not signs else len(UNSPACED.sub(" ", text).split()) + (signs + 1) // 2


def _count(words: int) -> str:
    return "1 word" if words == 1 else f"{words:,} words"


def _characters(chapter: Chapter) -> int:
    return sum(len(segment.written) for segment in chapter.segments)


def _seconds(chapter: Chapter, pace: float) -> float:
    told = sum(len(segment.spoken) for segment in chapter.segments)
    return told / pace + sum(PAUSE_LENGTHS_S[segment.pause] for segment in chapter.segments)


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _short(text: str, room: int = WIDTH) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
