"""Gives utterances their speakers: by the names beside them, by what a paragraph is about, and by turns. No model."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from swarm.book.speech.namesake import shortest_names
from swarm.book.speech.speaker import find_speaker, find_speaker_inside, is_another, is_other_of_two
from swarm.book.speech.subject import Subjects
from swarm.book.speech.utterance import Grounds, Utterance

Spoken = tuple[Utterance, ...]


def attribute(texts: Sequence[str], found: Sequence[Spoken], language: str) -> list[Spoken]:
    """Return the utterances of each block of a chapter with their speakers, as far as the book tells them."""
    named = [_beside(text, spoken, language) for text, spoken in zip(texts, found, strict=True)]
    subjects = Subjects({each.speaker for spoken in named for each in spoken if each.speaker})
    told = (_by_subject(text, spoken, subjects) for text, spoken in zip(texts, named, strict=True))
    return _in_turn([_filled(spoken) for spoken in told])


def _beside(text: str, spoken: Spoken, language: str) -> Spoken:
    """Name the speakers that stand beside their words."""
    named = []
    for number, each in enumerate(spoken):
        before, after = _around(text, spoken, number)
        beside = find_speaker(before, after, language)
        name = beside or find_speaker_inside(text[each.start : each.end], language)
        grounds: Grounds = "named" if name else "another" if is_another(after, language) else ""
        if not grounds and beside is not None and not is_other_of_two(after, language):
            grounds = "pronoun"
        named.append(replace(each, speaker=name, grounds=grounds))
    return tuple(named)


def _around(text: str, spoken: Spoken, number: int) -> tuple[str, str]:
    """Return the narrator's words before and after an utterance, up to those beside it."""
    start = spoken[number - 1].end if number else 0
    end = spoken[number + 1].start if number + 1 < len(spoken) else len(text)
    return text[start : spoken[number].start], text[spoken[number].end : end]


def _by_subject(text: str, spoken: Spoken, subjects: Subjects) -> Spoken:
    """Name the speakers of words that are led in, or have a pronoun beside them, by what the words before are about."""
    told: list[Utterance] = []
    alone = not any(each.speaker for each in spoken)
    for number, each in enumerate(spoken):
        before, _ = _around(text, spoken, number)
        led = before.rstrip()[-1:] in (",", ":") or each.grounds == "pronoun"
        if (
            not each.speaker
            and each.grounds != "another"
            and (led or (alone and not number))
            and (name := subjects.find(before))
        ):
            each = replace(each, speaker=name, grounds="same paragraph")
        told.append(each)
    return tuple(told)


def _filled(spoken: Spoken) -> Spoken:
    """Give the words of a paragraph that no other speaker says to the speaker who is named in it."""
    name = next((each.speaker for each in spoken if each.speaker), "")
    return (
        tuple(
            each if each.speaker or each.grounds == "another" else replace(each, speaker=name, grounds="same paragraph")
            for each in spoken
        )
        if name
        else spoken
    )


def _in_turn(found: Sequence[Spoken]) -> list[Spoken]:
    """Name the speakers of paragraphs among others of two that take turns, as long as the narrator has none."""
    persons = shortest_names({"", *(each.speaker for spoken in found for each in spoken)})
    return _turned(_turned(found, persons)[::-1], persons)[::-1]


def _is_open(spoken: Spoken) -> bool:
    """Tell whether a paragraph begins with words of which nothing tells who says them."""
    return not spoken[0].start and not any(each.speaker or each.grounds for each in spoken)


def _turned(found: Sequence[Spoken], persons: Mapping[str, str]) -> list[Spoken]:
    turns: list[str] = []  # the speaker of each paragraph before, "" if unknown
    result = []
    for spoken in found:
        if not spoken:
            turns = []
        elif _is_open(spoken) and len(turns) > 1 and "" != persons[turns[-1]] != persons[turns[-2]] != "":
            spoken = tuple(replace(each, speaker=turns[-2], grounds="in turn") for each in spoken)
        if spoken:
            turns.append(spoken[0].speaker)
        result.append(spoken)
    return result
