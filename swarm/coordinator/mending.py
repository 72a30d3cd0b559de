"""What `redo` mends: the sentences that the user means, other wordings, and those of an earlier edition."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import regex
from msgspec import structs

from swarm.book.model.book import Block, ChapterText, Segment
from swarm.book.model.engine_text import mark_manner, mark_voice, read_engine_text, split_voice
from swarm.book.model.reading_choice import NARRATOR, is_called
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.config import RedoConfig
from swarm.errors import UsageError
from swarm.job.card import GUEST, EngineCard, read_guest
from swarm.job.record import AnyRecord, ClipDiscarded, SegmentReworded
from swarm.job.spec import TAKES, JobSpec, Recipe
from swarm.job.state import JobState, Place
from swarm.job.store.store import reworded_jobs
from swarm.system.text import clean, clock_text, count_text, slug
from swarm.voice.host.registry import recipe_card

WHY = "to be spoken again"
OTHER_VOICE = "to be spoken by another voice"
OTHER_WORDS = "to be spoken in other words"
MAX_NAMED = 10  # sentences that are named before they are spoken
MAX_MATCHES = 20  # sentences that words may mean unless the user says --all
MAX_LISTED = 5  # sentences that are listed where words mean too many: what to do stays on the screen
PATTERN_TIMEOUT_S = 0.5  # one sentence may take so long
NAME = regex.compile(r"(?=\S)[^=|#\[\]\p{Cc}]{1,80}(?<=\S)")  # the name of a character, as a cast file can hold it

Spell = Callable[[Segment, str], str]  # returns the engine text of a wording. Raises UsageError


class Mending(NamedTuple):
    """The records that open places again, and lines that name their sentences for the user."""

    records: list[AnyRecord]
    notes: list[str]


class CarriedOverride(NamedTuple):
    """What an earlier edition has: the sentence by its chapter's title, its words, and how often they came before.

    Numbers would not do: a sentence that was added or left out moves all that follow.
    """

    title: str
    written: str
    time: int
    said: str  # "": the words of the book
    speaker: str = ""  # "": the one that the book's own text tells
    given: bool = False  # whether the user gave this line alone to the speaker


def mendings(state: JobState, redo: RedoConfig | None, carried: Sequence[CarriedOverride] = ()) -> Iterator[Mending]:
    """Yield what opens the sentences of a job again that the user means, or another edition had. Raises UsageError."""
    card = recipe_card(state.spec.recipe)
    if carried:
        yield carry(carried, state.spec, card.limit(state.spec.recipe.language))
    if redo:
        yield mend(state, redo, lambda segment, say: _spell(say, *_teller_of(segment, state.spec.recipe, card)))


def _teller_of(segment: Segment, recipe: Recipe, card: EngineCard) -> tuple[str, EngineCard]:
    """Return the language in which a sentence is spelled, and the card of the engine that speaks it."""
    guest = read_guest(segment.voice)
    return segment.language or recipe.language, recipe_card(guest) if guest else card


def _spell(say: str, language: str, card: EngineCard) -> str:
    """Return a user's own wording of a sentence as engine text. Raises UsageError."""
    block = Block("paragraph", " ".join(say.split()))
    spoken = segment_chapter(ChapterText("", (block,)), language, card, Speech(card))
    if spoken.unspoken or not spoken.segments:
        reason = spoken.unspoken[0].reason if spoken.unspoken else "it has no words"
        raise UsageError(f"--say {say!r} cannot be spoken: {reason}.")
    said = " ".join(segment.engine_text for segment in spoken.segments)
    if len(said) > card.limit(language):
        raise UsageError(f"--say is too long: {card.name} takes {card.limit(language)} characters at a time.")
    return said


def earlier_overrides(spec: JobSpec, state_dir: Path) -> list[CarriedOverride]:
    """Return the wordings and speakers of the last edition of the same book, if there are any. Raises StoreError."""
    book, language = spec.book, spec.recipe.language
    for other, wordings in reworded_jobs(state_dir, slug(book.title)):
        if (other.book.title, other.book.authors, other.recipe.language) == (book.title, book.authors, language):
            return overrides_of(other, wordings)
    return []


def mend(state: JobState, redo: RedoConfig, spell: Spell) -> Mending:
    """Open the chosen places again; none where nothing is doubtful. Raises UsageError for places that do not exist."""
    if redo.recast[0]:
        return _recast(state, *redo.recast)
    if redo.rename[0]:
        return _rename(state, *redo.rename)
    chosen = sorted(_chosen(state, redo))
    if redo.say is not None:
        return _reword(state, chosen, redo, spell)
    if redo.speaker:
        return _give(state, chosen, redo.speaker)
    spoken = [place for place in chosen if place in state.accepted]  # every run tries the other sentences again
    records = [ClipDiscarded(*place, WHY, _next_take(state, place)) for place in spoken]
    return Mending([*records], _named(state, chosen))


def _chosen(state: JobState, redo: RedoConfig) -> set[Place]:
    chosen = {place for place, clip in state.accepted.items() if redo.doubtful and clip.doubt}
    for number in redo.chapters:
        chosen |= _span(state, number, 1, _length(state, number))
    for number, first, last in redo.segments:
        chosen |= _span(state, number, first, last)
    matching = {place for pattern in redo.texts for place in _matching(state, pattern)}
    if len(matching) > MAX_MATCHES and not redo.every and redo.say is None:
        raise UsageError(_too_many(state, redo, sorted(matching)))
    return chosen | matching


def _too_many(state: JobState, redo: RedoConfig, places: Sequence[Place]) -> str:
    """Return what to do about words that mean many sentences, which it lists with their times."""
    times = {(chapter - 1, sentence - 1): f" at {clock_text(at_s)}" for chapter, sentence, at_s in redo.heard}
    lines = [f"\n  {_name(state, place, '', times.get(place, ''))}" for place in places[:MAX_LISTED]]
    if len(places) > MAX_LISTED:
        lines.append(f"\n  and {len(places) - MAX_LISTED} more")
    said = " or ".join(repr(text) for text in redo.texts)
    return (
        f"--text {said}: {len(places)} sentences have that. Give more words, name some with --segments, or say --all "
        f"to have all of them spoken again:{''.join(lines)}"
    )


def _reword(state: JobState, chosen: Sequence[Place], redo: RedoConfig, spell: Spell) -> Mending:
    """Give one sentence another wording, and perhaps speaker; the same once more is another take of it."""
    if len(chosen) != 1:
        lines = "".join(f"\n  {line}" for line in _named(state, chosen))
        raise UsageError(f"--say is for one sentence, but {len(chosen)} are meant: name one with --segments.{lines}")
    [place] = chosen
    segment, say = state.segment(place), redo.say or ""
    [given] = _given_lines(state, chosen, redo.speaker) if redo.speaker else [None]
    segment = structs.replace(segment, voice=given.voice) if given else segment
    said = spell(segment, say) if say.strip() else ""
    said = mark_manner(said, segment.manner) if said and segment.manner else said
    own = _segment(state.spec, place)
    said = own.marked_words if not said and segment.voice != own.voice else said  # another one speaks the book's words
    said = mark_voice(said, segment.voice) if said and segment.voice else said
    speaker, line = state.speakers.get(place, ""), _name(state, place, said)
    clip, same = state.accepted.get(place), said == state.wordings.get(place, "")
    records: list[AnyRecord] = [] if same else [SegmentReworded(*place, said, speaker)]
    if given:
        records, line = [SegmentReworded(*place, said, given.speaker, given=True)], f"{line}, {given.words}"
    if clip is not None:
        records.append(ClipDiscarded(*place, WHY if same else OTHER_WORDS, _next_take(state, place) if same else 0))
    return Mending(records, [line])


def _recast(state: JobState, voice: str, other: str) -> Mending:
    """Have all that one character, or one character's voice, says spoken by another voice. Raises UsageError."""
    others = list(_own_places(state))
    voices = {segment.voice for place in others if (segment := state.segment(place)).voice}
    said = set(_said_by(state, voice))
    places = [place for place in others if place in said or state.segment(place).voice == voice]
    if not places:
        known = [f"its voices are {', '.join(sorted(voices))}", _persons(state)] if voices else []
        has = "; ".join(filter(None, known)) or "it has no --cast and no --dialogue-voice"
        raise UsageError(f"--recast {voice}={other}: no character of this book has that name or voice; {has}.")
    records = [record for place in places for record in _in_voice(state, place, other)]
    again = [place for place in places if state.segment(place).voice != other]
    line = f"{count_text(len(again or places), 'sentence')} of {voice}: {other} speaks them"
    return Mending(records, [line if again else f"{line} already"])


def _in_voice(
    state: JobState, place: Place, voice: str, speaker: str = "", *, given: bool = False
) -> Iterator[AnyRecord]:
    """Yield what gives a place a voice, and a speaker's name if it is not to keep its own."""
    segment, speaker = state.segment(place), speaker or state.speakers.get(place, "")
    if segment.voice == voice:
        yield SegmentReworded(*place, state.wordings.get(place, ""), speaker, given)
        return
    said = mark_voice(segment.marked_words, voice) if voice else segment.marked_words
    yield SegmentReworded(*place, said, speaker, given)
    if place in state.accepted:
        yield ClipDiscarded(*place, OTHER_VOICE)


def _rename(state: JobState, name: str, other: str) -> Mending:
    """Call a character otherwise; by another one's name, both are one, with that one's voice. Raises UsageError."""
    if not NAME.fullmatch(other):
        raise UsageError(
            f"A character cannot be called {other[:80]!r}: a name has up to 80 characters, none of = | # [ ]."
        )
    mine = _said_by(state, name)
    theirs = [place for place in _said_by(state, other) if place not in set(mine)]
    if not mine:
        has = _persons(state) or "it has no --cast"
        raise UsageError(f"--rename {name}={other}: no character of this book has that name; {has}.")
    if theirs:
        other = state.segment(theirs[0]).speaker
    voices = Counter(state.segment(place).voice for place in theirs or mine)
    voice = voices.most_common(1)[0][0]
    records, one = list[AnyRecord](), f"{name} and {other} are one" if theirs else f"{name} is called {other}"
    for place in mine:
        if other.casefold() == NARRATOR:
            records += _in_voice(state, place, narrators_voice(state.spec, place[0]), NARRATOR)
            one = f"{name} is the narrator"
        else:
            records += _in_voice(state, place, voice if theirs else state.segment(place).voice, other)
    again = sum(isinstance(record, ClipDiscarded) for record in records)
    return Mending(records, [f"{one}; {count_text(again, 'sentence')} to be spoken again"])


class GivenLine(NamedTuple):
    """A sentence that another one is to say: that one's name, and its voice there."""

    place: Place
    speaker: str
    voice: str

    @property
    def words(self) -> str:
        """A clause for the user."""
        return f"said by {'the narrator' if self.speaker == NARRATOR else self.speaker}"


def _give(state: JobState, chosen: Sequence[Place], name: str) -> Mending:
    """Have another character of the book, or the narrator, say some sentences, in its voice. Raises UsageError."""
    given = _given_lines(state, chosen, name)
    records = [
        record for each in given for record in _in_voice(state, each.place, each.voice, each.speaker, given=True)
    ]
    lines = _named(state, [each.place for each in given])
    return Mending(records, [f"{line}, {given[0].words}" for line in lines])


def _given_lines(state: JobState, chosen: Sequence[Place], name: str) -> list[GivenLine]:
    """Return the sentences as another one is to say them. Raises UsageError if nobody has the name."""
    own = set(_own_places(state))
    if chosen and own.isdisjoint(chosen):
        raise UsageError(f"--speaker {clean(name)}: a voice of another language speaks this, which no character has.")
    given = [place for place in chosen if place in own]
    if name.casefold() == NARRATOR:
        return [GivenLine(place, NARRATOR, narrators_voice(state.spec, place[0])) for place in given]
    made = [segment for place in sorted(own) if (segment := _segment(state.spec, place)).speaker]
    theirs = [state.segment(place) for place in _said_by(state, name)]
    theirs = theirs or [segment for segment in made if is_called(segment.speaker, name)]  # all of it was given away
    if not theirs:
        has = _persons(state) or "it has no --cast"
        raise UsageError(f"--speaker {clean(name)}: no character of this book has that name; {has}.")
    voice = Counter(segment.voice for segment in theirs).most_common(1)[0][0]
    return [GivenLine(place, theirs[0].speaker, voice) for place in given]


def narrators_voice(spec: JobSpec, chapter: int) -> str:
    """Return the voice of what nobody says in a chapter, as the cast has it; "" for that of the recipe."""
    voices = Counter(each.voice for each in spec.chapters[chapter].segments if not each.speaker)
    voices = Counter({voice: times for voice, times in voices.items() if not voice.startswith(GUEST)})
    return "" if "" in voices or not voices else voices.most_common(1)[0][0]


def _own_places(state: JobState) -> Iterator[Place]:
    """Yield the places that no fallback voice speaks."""
    return (place for place in state.places if not state.segment(place).voice.startswith(GUEST))


def _said_by(state: JobState, name: str) -> list[Place]:
    """Return what the character says that has a name, or is called by it if none has it itself."""
    speakers = {place: speaker for place in _own_places(state) if (speaker := state.segment(place).speaker)}
    called = {each for each in speakers.values() if is_called(each, name)}
    called &= {name} if name in called else called  # "Hall" is not "Mrs. Hall" where there is a Hall
    return [place for place, speaker in speakers.items() if speaker in called]


def _persons(state: JobState) -> str:
    """Return who says most, for a line about one who is not there; empty if nobody has a name."""
    said = Counter(filter(None, (state.segment(place).speaker for place in _own_places(state))))
    return f"those that speak are {', '.join(name for name, _ in said.most_common(MAX_NAMED))}" if said else ""


def _next_take(state: JobState, place: Place) -> int:
    """Return the first take that no worker has tried: a worker tries several takes of a doubtful sentence."""
    take = max(state.accepted[place].take, state.first_takes.get(place, 0))  # an earlier take may have stayed
    return (take // TAKES + 1) * TAKES


def _named(state: JobState, places: Sequence[Place]) -> list[str]:
    lines = [_name(state, place, state.said(place)) for place in places[:MAX_NAMED]]
    if len(places) > MAX_NAMED:
        lines.append(f"and {count_text(len(places) - MAX_NAMED, 'sentence')} more")
    return lines


def _name(state: JobState, place: Place, said: str, when: str = "") -> str:
    """Return a line that names a sentence, with its other wording if `said` is one."""
    title, written = clean(state.spec.chapters[place[0]].title), clean(state.segment(place).written)
    line = f'{place[0] + 1}:{place[1] + 1}{when}, {title}: "{written}"'
    return f'{line}, said as "{clean(read_engine_text(said)[0])}"' if said else line


def _span(state: JobState, number: int, first: int, last: int) -> set[Place]:
    length = _length(state, number)
    if not 1 <= first <= last <= length:
        raise UsageError(f"Chapter {number} has sentences 1 to {length}; there is no {first}-{last}.")
    return {(number - 1, index) for index in range(first - 1, last)}


def _length(state: JobState, number: int) -> int:
    chapters = state.spec.chapters
    if not 1 <= number <= len(chapters):
        named = [f"{at + 1} is {clean(chapters[at].title)}" for at in sorted({0, len(chapters) - 1})]
        raise UsageError(f"There is no chapter {number}: this audiobook has {len(chapters)}, and {', '.join(named)}.")
    return len(chapters[number - 1].segments)


def _matching(state: JobState, pattern: str) -> set[Place]:
    """Return the places whose words match: `/pattern/` is a regular expression, anything else plain words."""
    matches = _matcher(pattern)
    found = {
        (number, index)
        for number, chapter in enumerate(state.spec.chapters)
        for index, segment in enumerate(chapter.segments)
        if matches(segment.written)
    }
    if not found:
        raise UsageError(f"--text {pattern!r}: no sentence of this book has that; subtitles show how it is written.")
    return found


def _matcher(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/"):
        return lambda text: _searched(pattern[1:-1], text)
    words = _plain(pattern)
    return lambda text: words in _plain(text)


def _searched(pattern: str, text: str) -> bool:
    try:
        return regex.search(pattern, " ".join(text.split()), timeout=PATTERN_TIMEOUT_S) is not None
    except (regex.error, TimeoutError) as error:
        raise UsageError(f"--text /{pattern}/ is no pattern that can be searched for: {error}.") from error


def _plain(text: str) -> str:
    """Return a text without what a user does not type as printed: capitals, curly quotes, runs of spaces."""
    return " ".join(text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"'}).split()).casefold()


def overrides_of(spec: JobSpec, reworded: Mapping[Place, SegmentReworded]) -> list[CarriedOverride]:
    """Return the wordings and speakers of a job, in the form in which another edition of the book can have them."""
    found = []
    for place, title, written, time in _sentences(spec):
        if place in reworded:
            said, segment = split_voice(reworded[place].said)[1], _segment(spec, place)
            said = said if said != segment.marked_words else ""
            speaker = reworded[place].speaker if reworded[place].speaker != segment.speaker else ""
            if said or speaker:
                found.append(CarriedOverride(title, written, time, said, speaker, reworded[place].given))
    return found


def carry(carried: Sequence[CarriedOverride], spec: JobSpec, limit: int) -> Mending:
    """Give the sentences of a new edition the wordings and speakers that an earlier one gave them.

    A sentence is the same if its chapter's title and its words are, at the same occurrence of those words. A line names
    each wording whose sentence its chapter has no more, or that is longer than `limit`, the engine's, in characters.
    """
    here = {(title, written, time): place for place, title, written, time in _sentences(spec)}
    titles = {title for title, _, _ in here}
    voices = {each.speaker: each.voice for chapter in spec.chapters for each in chapter.segments if each.speaker}
    records: dict[Place, AnyRecord] = {}
    lines = []
    for each in carried:
        place = here.get((each.title, each.written, each.time))
        if place and len(each.said) <= limit:
            voices[NARRATOR], segment = narrators_voice(spec, place[0]), _segment(spec, place)
            has = segment.speaker or (NARRATOR if segment.voice == voices[NARRATOR] else "")
            if each.said or each.speaker != has:
                records[place] = _in_its_voice(segment, place, each, voices)
        elif place:
            lines.append(f'the other wording of "{clean(each.written)}" is too long for this voice, and is left out')
        elif each.title in titles:
            what = "other wording" if each.said else "other speaker"
            lines.append(f'the {what} of "{clean(each.written)}" is left out: its chapter has no such sentence')
    return Mending([record for _, record in sorted(records.items(), key=itemgetter(0))], lines[:MAX_NAMED])


def _segment(spec: JobSpec, place: Place) -> Segment:
    return spec.chapters[place[0]].segments[place[1]]


def _in_its_voice(segment: Segment, place: Place, each: CarriedOverride, voices: Mapping[str, str]) -> SegmentReworded:
    """Return what gives a sentence the words and the speaker that it had, in the voice which that one has now."""
    voice = voices.get(each.speaker, segment.voice) if each.speaker else segment.voice
    said = each.said or (segment.marked_words if voice != segment.voice else "")
    return SegmentReworded(*place, mark_voice(said, voice) if said and voice else said, each.speaker, each.given)


def _sentences(spec: JobSpec) -> Iterator[tuple[Place, str, str, int]]:
    """Yield the place of each sentence, its chapter's title, its words, and how often they came before there."""
    for number, chapter in enumerate(spec.chapters):
        said: Counter[str] = Counter()
        for index, segment in enumerate(chapter.segments):
            yield (number, index), chapter.title, segment.written, said[segment.written]
            said[segment.written] += 1
