"""Gives each part of a chapter the voice that a cast has for it: a mark's, a speaker's, the dialogue's, the chapter's.

A cast is a file of lines `NAME = VOICE`, in which `dialogue`, `chapter 3`, `chapter The Letter` and `[NAME]` of a mark
`[voice:NAME]` are names too; `#` begins a comment. `NAME | NAME = VOICE` names one person, and a line `auto` says that
all others get voices by themselves.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import dist
from operator import attrgetter
from pathlib import Path

import regex
from msgspec import Struct
from msgspec.structs import replace

from swarm.book.language.pattern import compile_later
from swarm.book.model.reading_choice import NO_CAST, Cast, CastVoice, is_called
from swarm.book.speech.dialogue import Dialogue, find_dialogue
from swarm.book.speech.person import key_of
from swarm.book.speech.quotation import Spoken, Utterance, find_asides, find_manner
from swarm.errors import UsageError

AUTO = "auto"  # in place of a file
MAX_LINES = 1000
MAX_LINE_CHARS = 500

_MARK = compile_later(r"\[(?:voice:([^\]\n]{0,200})|/voice)\]", regex.I)
_CHAPTER = compile_later(r"chapter\s+(\S.*)", regex.I)


class VoiceRun(Struct, frozen=True):
    """Characters `start` to `end` of a block, and their voice; "" is that of the recipe."""

    start: int
    end: int
    voice: str
    speaker: str = ""
    manner: str = ""

    def is_like(self, other: "VoiceRun") -> bool:
        """Whether both sound alike, and are one speaker's."""
        return (self.voice, self.speaker, self.manner) == (other.voice, other.speaker, other.manner)


NARRATOR = VoiceRun(0, 0, "")


class Casting(Struct, frozen=True):
    """A cast, as it counts for one chapter."""

    cast: Cast = NO_CAST
    narrator: str = ""  # voice of all that is not dialogue
    dialogue: Dialogue | None = None  # of the whole book; None: what the chapter itself tells
    number: int = 0  # the chapter's, counted from 1
    expressive: bool = False  # what is whispered, shouted or asked is marked

    @property
    def is_needed(self) -> bool:
        """Whether it means anything for a chapter."""
        return self.cast != NO_CAST or self.expressive

    def for_chapter(self, number: int, title: str) -> "Casting":
        """Return the casting of a chapter by its number, counted from 1, and its title."""
        names = {str(number), title.strip().casefold()}
        voice = next((voice for name, voice in self.cast.chapters if name.strip().casefold() in names), "")
        return Casting(self.cast, voice, self.dialogue, number, self.expressive)

    def said_in(self, texts: Sequence[str], language: str) -> Sequence[Spoken]:
        """Return what is said in each block of the chapter, whose title may stand before the blocks as one more."""
        if not (self.cast.has_dialogue or self.expressive):
            return [()] * len(texts)
        book = self.dialogue
        found = book.chapters[self.number - 1] if book else find_dialogue([texts], language).chapters[0]
        return [*[()] * (len(texts) - len(found)), *found]


NO_CASTING = Casting()


def voice_runs(texts: Sequence[str], casting: Casting, language: str) -> list[tuple[VoiceRun, ...]]:
    """Return the runs of each block of a chapter; all of them together are all of its text."""
    cast = casting.cast
    marked = list(_marked(texts, dict(cast.marks)))
    found = []
    for text, utterances, marks in zip(texts, casting.said_in(texts, language), marked, strict=True):
        voiced = [
            _voiced(piece, casting, find_manner(text, utterances, number, language) if casting.expressive else "")
            for number, each in enumerate(utterances)
            for piece in _without_asides(text, each, language)
        ]
        found.append(tuple(_layered(len(text), casting.narrator, voiced, marks)))
    return found


def _without_asides(text: str, said: Utterance, language: str) -> Iterator[Utterance]:
    """Yield the pieces of an utterance between the narrator's words inside it."""
    start = said.start
    for begin, end in find_asides(text[said.start : said.end], language):
        yield replace(said, start=start, end=said.start + begin)
        start = said.start + end
    if text[start : said.end].strip('»”" \u00a0\u202f'):
        yield replace(said, start=start)


_PRONOUNS = {"m": "he", "f": "she"}  # names in a cast of all whose gender alone is known


def _voiced(said: Utterance, casting: Casting, manner: str) -> VoiceRun:
    names = casting.dialogue.persons.names_of(said.speaker) if casting.dialogue else (said.speaker,)
    voice = _voice_of(names, said, casting.cast) or casting.cast.dialogue or casting.narrator
    return VoiceRun(said.start, said.end, voice, said.speaker if voice != casting.narrator else "", manner)


def _voice_of(names: Sequence[str], said: Utterance, cast: Cast) -> str:
    """Return the voice of an utterance by its speaker's names, by a noun beside it, by its gender; "" for none."""
    named = _voice_of_person(tuple(names), cast.speakers) or _voice_of_person((said.called,), cast.speakers)
    return named or _voice_of_person((_PRONOUNS.get(said.gender, ""),), cast.speakers)


@lru_cache(1024)  # thousands of utterances have a few speakers
def _voice_of_person(names: tuple[str, ...], rows: tuple[tuple[str, str], ...]) -> str:
    """Return the voice of a person; a row with one of its names comes before one that only it is called by."""
    own = {key_of(name): voice for name, voice in reversed(rows)}
    exact = next((own[key] for each in names if (key := key_of(each)) in own), "")
    return exact or next((voice for name, voice in rows if any(is_called(each, name) for each in names)), "")


def voices_of(dialogue: Dialogue, cast: Cast) -> dict[str, str]:
    """Return the voice of each person of a book who says more than a few lines, those who say most first."""
    lines = Counter(each.speaker for each in dialogue.utterances if each.speaker)
    first = {each.speaker: each for each in dialogue.utterances}
    voices = {name: _voice_of(dialogue.persons.names_of(name), first[name], cast) for name in lines}
    return {name: voices[name] for name, times in lines.most_common() if times >= MAIN_LINES and voices[name]}


def unknown_names(cast: Cast, dialogue: Dialogue) -> list[str]:
    """Return the names of a cast that nobody who speaks in the book has."""
    called = {(each.speaker, each.called) for each in dialogue.utterances}
    known = [name for speaker, own in called for name in (*dialogue.persons.names_of(speaker), own)]
    known += _PRONOUNS.values()
    return [name for name, _ in cast.speakers if not any(is_called(each, name) for each in known)]


_start = attrgetter("start")


def _layered(length: int, narrator: str, *layers: Sequence[VoiceRun]) -> Iterator[VoiceRun]:
    """Yield the runs of a text, in which each layer covers those before it."""
    cuts = sorted({0, length, *(place for layer in layers for run in layer for place in (run.start, run.end))})
    last: VoiceRun | None = None
    for start, end in pairwise(cuts):
        near = [layer[at] for layer in layers if (at := bisect_right(layer, start, key=_start) - 1) >= 0]
        over = [run for run in near if end <= run.end]
        first = over[0] if over else NARRATOR
        run = VoiceRun(start, end, over[-1].voice if over else narrator, first.speaker, first.manner)
        if last is not None and last.is_like(run):
            last = replace(last, end=end)
            continue
        if last is not None:
            yield last
        last = run
    yield last or VoiceRun(0, length, narrator)


def _marked(texts: Sequence[str], voices: dict[str, str]) -> Iterator[list[VoiceRun]]:
    """Yield what stands behind marks `[voice:NAME]` in each block, whose names a cast knows, until the next mark."""
    by_name = {name.casefold(): voice for name, voice in voices.items()}
    name = ""
    for text in texts:
        runs, start = [], 0
        for mark in _MARK.finditer(text) if voices else ():
            if voice := by_name.get(name, ""):
                runs.append(VoiceRun(start, mark.start(), voice))
            name, start = _mark_name(mark[1] or ""), mark.end()
        if voice := by_name.get(name, ""):
            runs.append(VoiceRun(start, len(text), voice))
        yield [run for run in runs if run.start < run.end]


def _mark_name(text: str) -> str:
    """Return the name of a mark, whose file it may be: "/voices/Anna.wav" is "anna"."""
    name = regex.split(r"[/\\]", text.strip())[-1]
    return regex.sub(r"\.\w{2,4}\Z", "", name).casefold()


def marks_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names of marks in some texts, each once."""
    names = [_mark_name(mark[1] or "") for text in texts for mark in _MARK.finditer(text)]
    return tuple(dict.fromkeys(filter(None, names)))


MAIN_SHARE = 0.01  # of all that is said: who says less shares the voice of men or of women
MAIN_LINES = 5
MAX_VOICES = 4  # of men, and as many of women
MAX_HEARD = 6  # voices of a gender, the best ones, among which those are found that are most unlike each other
OWN = 1.0  # of a turn: what a voice counts, for each line, that another person does not have though they never talk
NARRATED = 0.25  # of a turn: what counts for a voice that is unlike the narrator's, for each line
ROUNDS = 3


def cast_by_itself(
    dialogue: Dialogue, cast: Cast, voices: Sequence[CastVoice], had: Callable[[Sequence[str]], str] = lambda names: ""
) -> Cast:
    """Return a cast in which the persons of a book have voices; what `cast` names already stays.

    The first of `voices` is the narrator's. The more two speak with each other, the more unlike their voices are; a
    person whose gender nobody knows has the narrator's. `had` returns the voice that a person had before, by its names.
    """
    persons = dialogue.persons
    said = [each.speaker for each in dialogue.utterances if each.speaker]
    lines = Counter(said)
    names = sorted(lines, key=lambda name: (-lines[name], name))
    free = [name for name in names if not _voice_of_person(persons.names_of(name), cast.speakers)]
    usable = {each.name: each for each in voices[1:]}
    taken = {name: usable[voice] for name in free if (voice := had(persons.names_of(name))) in usable}
    choices = _choices(voices)
    choice_of = {each.name: choices.get(each.gender, ()) for each in persons.all if not each.common}
    least = max(MAIN_LINES, MAIN_SHARE * len(said))
    new = {name: choice_of.get(name, ()) for name in free if name not in taken and lines[name] >= least}
    assign_voices({name: choice for name, choice in new.items() if choice}, taken, said, voices[0])
    rows = [*cast.speakers, *((name, given.name) for name, given in taken.items())]
    used: Counter[str] = Counter()
    for name, given in taken.items():
        used[given.name] += lines[name]
    for word, gender in (("he", "m"), ("she", "f")):
        if choices[gender] and not _voice_of_person((word,), cast.speakers):
            rows.append((word, min(choices[gender], key=lambda voice: used[voice.name]).name))
    return replace(cast, speakers=tuple(rows), auto=False)


def _choices(voices: Sequence[CastVoice]) -> dict[str, list[CastVoice]]:
    """Return the voices that men and women may have: where sounds are known, those most unlike each other."""
    unknown = [each for each in voices[1:] if not each.gender]
    found = {}
    for at, gender in enumerate("mf"):
        heard = ([each for each in voices[1:] if each.gender == gender] or unknown[at::2])[:MAX_HEARD]
        chosen = [voices[0]]
        while heard and len(chosen) <= MAX_VOICES:
            apart = [min(unlikeness(each, other) for other in chosen) if each.sound else 0.0 for each in heard]
            chosen.append(heard.pop(apart.index(max(apart))))
        found[gender] = chosen[1:]
    return found


def assign_voices(
    new: Mapping[str, Sequence[CastVoice]], taken: dict[str, CastVoice], said: Sequence[str], narrator: CastVoice
) -> None:
    """Give each new person one of its voices, in `taken`, so that those who speak most with each other differ most.

    `said` are the speakers of all lines, in order. Persons choose one after the other, and then anew, until nobody
    finds a better voice.
    """
    lines, talks = Counter(said), Counter(frozenset(pair) for pair in pairwise(said))

    def worth(name: str, voice: CastVoice) -> float:
        apart = sum(
            talks[frozenset((name, other))] * unlikeness(voice, used)
            + OWN * min(lines[name], lines[other]) * (voice.name != used.name)
            for other, used in taken.items()
            if other != name
        )
        told = (
            unlikeness(voice, narrator) if voice.sound else 0.0
        )  # nobody gets an accent only to be told from the narrator
        return apart + NARRATED * lines[name] * told

    for _ in range(ROUNDS):
        for name, choice in new.items():
            taken[name] = max(choice, key=lambda voice: worth(name, voice))


def unlikeness(one: CastVoice, other: CastVoice) -> float:
    """Return how unlike two voices are: 0 for the same one, 1 for most pairs whose sound is known."""
    if one.name == other.name:
        return 0.0
    if one.sound and other.sound:
        return dist(one.sound, other.sound)
    return 0.5 + 0.5 * (one.gender != other.gender) + 0.1 * (one.about != other.about)


def read_cast(path: Path, dialogue: str = "") -> Cast:
    """Read a cast from a file, or "auto"; `dialogue` is the voice of --dialogue-voice. Raises UsageError."""
    if str(path) == AUTO:
        return Cast(dialogue, auto=True)
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace")[: MAX_LINES * MAX_LINE_CHARS].splitlines()
    except OSError as fault:
        raise UsageError(f"--cast {path} cannot be read: {fault.strerror or fault}; name a file, or auto.") from fault
    rows: dict[str, list[tuple[str, str]]] = {"speakers": [], "chapters": [], "marks": []}
    persons, auto = list[tuple[str, ...]](), False
    for number, line in enumerate(lines[:MAX_LINES], 1):
        words = line.partition("#")[0].strip()
        name, equals, voice = (part.strip() for part in words.partition("="))
        if not words or words.casefold() == AUTO:
            auto = auto or bool(words)
            continue
        if not (name and equals and voice) or len(line) > MAX_LINE_CHARS:
            raise UsageError(f"--cast {path}, line {number}: it takes NAME = VOICE, not {line.strip()[:80]!r}.")
        if name.casefold() == "dialogue":
            dialogue = dialogue or voice
        elif chapter := _CHAPTER.fullmatch(name):
            rows["chapters"].append((chapter[1].strip(), voice))
        elif name.startswith("[") and name.endswith("]"):
            rows["marks"].append((_mark_name(name[1:-1].removeprefix("voice:")), voice))
        else:
            names = tuple(filter(None, map(str.strip, name.split("|"))))
            rows["speakers"] += [(each, voice) for each in names]
            persons += [names] if len(names) > 1 else []
    speakers, chapters, marks = (tuple(rows[kind]) for kind in ("speakers", "chapters", "marks"))
    return Cast(dialogue, speakers, chapters, marks, tuple(persons), auto)
