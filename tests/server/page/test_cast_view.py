"""The view of who speaks with which voice in a book."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from listen_bench import Speaking, tone
from lxml import html
from site_bench import SiteBench

from swarm.book.model.reading_choice import Cast
from swarm.config import RenderConfig

SCENE = "“Come in,” said Ann. “Good day,” said Bert. “Sit down,” said Ann. It rained"


class CastBench(Speaking, SiteBench):
    """A page whose books have a cast, and are spoken by the test."""

    def configure(self, path: Path, words: Sequence[str]) -> RenderConfig:
        cast = Cast(speakers=(("Ann", "tock"), ("Bert", "tick"))) if "--cast" in words else None
        cast = Cast("tock") if "--dialogue-voice=tock" in words else cast
        return replace(super().configure(path, words), cast=cast)

    def speak_all(self) -> None:
        """Speak the first chapter."""
        for index in range(len(self.state_of(1).spec.chapters[0].segments)):
            self.speak(1, 0, index, tone(300))

    async def mend(self, form: str = "cast", **fields: str) -> httpx.Response:
        """Send a form of the book while books are served."""
        running = asyncio.create_task(self.resident.serve_books())
        answer = await self.send(f"/listen/1/{form}", **fields)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return answer

    async def listen(self, path: str) -> html.HtmlElement:
        return html.document_fromstring((await self.client.get(path)).text)


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[CastBench]:
    made = CastBench(tmp_path)
    await made.serve()
    await made.add("Emma", SCENE, "--cast")
    await made.settle()
    yield made
    await made.close()


async def test_each_person_has_its_sentences_to_hear_and_a_choice_of_voices(cast: CastBench) -> None:
    cast.speak_all()
    assert (await cast.listen("/listen/1")).xpath("//a[contains(@href, '/listen/1/cast')]")
    ann, bert = (await cast.listen("/listen/1/cast")).xpath("//li[h2]")
    assert ann.xpath("string(h2)") == "Ann"
    assert " ".join(ann.xpath("string(p[@class='state'])").split()) == "2 sentences, by tock"
    assert ann.xpath(".//blockquote/text()") == ["“Come in,”", "“Sit down,”"]
    assert bert.xpath(".//option[@selected]/@value") == ["tick"]
    sound = ann.xpath(".//audio/@src")[0]
    assert sound.startswith("/api/v1/books/1/chapters/1/1.wav#t=")
    assert (await cast.client.get(sound.partition("#")[0])).status_code == 200


async def test_another_voice_speaks_one_persons_sentences_again_and_no_others(cast: CastBench) -> None:
    segments = cast.state_of(1).spec.chapters[0].segments
    cast.speak_all()
    answer = await cast.mend(name="Ann", voice="tick")
    assert "2 sentences of Ann: tick speaks them" in answer.text
    state = cast.state_of(1)
    again = [index for index in range(len(segments)) if (0, index) not in state.accepted]
    assert again == [index for index, each in enumerate(segments) if each.speaker == "Ann"]
    assert {state.segment((0, index)).voice for index in again} == {"tick"}


async def test_two_names_of_one_person_become_one_which_the_next_edition_knows(cast: CastBench) -> None:
    segments = cast.state_of(1).spec.chapters[0].segments
    cast.speak_all()
    answer = await cast.mend(name="Ann", other="Bert")
    assert "Ann and Bert are one; 2 sentences to be spoken again" in answer.text
    state = cast.state_of(1)
    assert [index for index in range(len(segments)) if (0, index) not in state.accepted] == [
        index for index, each in enumerate(segments) if each.speaker == "Ann"
    ]
    [bert] = (await cast.listen("/listen/1/cast")).xpath("//li[h2]")
    assert (bert.xpath("string(h2)"), bert.xpath(".//option[@selected]/@value")) == ("Bert", ["tick"])
    answer = await cast.mend(name="Bert", other="Berta")
    assert "Bert is called Berta; 0 sentences to be spoken again" in answer.text
    await cast.add("Emma", f"{SCENE} again", "--cast")
    await cast.settle()
    assert {each.speaker for each in cast.state_of(2).spec.chapters[0].segments} == {"", "Berta"}


async def test_one_line_is_given_to_another_person_also_in_the_next_edition(cast: CastBench) -> None:
    cast.speak_all()
    [index] = [n for n, each in enumerate(cast.state_of(1).spec.chapters[0].segments) if each.speaker == "Bert"][:1]
    assert (await cast.listen("/listen/1")).xpath("//select[@id='speaker']/option/@value") == [
        "",
        "narrator",
        "Ann",
        "Bert",
    ]
    answer = await cast.mend("redo", chapter="1", sentence=str(index + 1), speaker="Ann")
    assert "said by Ann: it is spoken again" in answer.text
    state = cast.state_of(1)
    assert [n for n in range(len(state.spec.chapters[0].segments)) if (0, n) not in state.accepted] == [index]
    await cast.add("Emma", f"{SCENE} again", "--cast")
    await cast.settle()
    mended = cast.state_of(2).segment((0, index))
    assert (mended.speaker, mended.voice) == ("Ann", "tock")
    assert cast.state_of(2).spec.chapters[0].segments[index].speaker == "Bert"


async def test_a_person_whose_lines_were_all_given_away_is_shown_and_gets_one_back(cast: CastBench) -> None:
    cast.speak_all()
    mine = [n for n, each in enumerate(cast.state_of(1).spec.chapters[0].segments) if each.speaker == "Bert"]
    for index in mine:
        answer = await cast.mend("redo", chapter="1", sentence=str(index + 1), speaker="narrator")
        assert "said by the narrator: it is spoken again" in answer.text
    state = cast.state_of(1)
    assert {(state.segment((0, n)).speaker, state.segment((0, n)).voice) for n in mine} == {("", "")}
    bert = (await cast.listen("/listen/1/cast")).xpath("//li[h2]")[-1]
    assert bert.xpath("string(h2)") == "Bert"
    assert bert.xpath("string(p)").startswith("0 sentences: all were given to others")
    assert not bert.xpath(".//form")
    assert (await cast.listen("/listen/1")).xpath("//select[@id='speaker']/option/@value")[-1] == "Bert"
    await cast.mend("redo", chapter="1", sentence=str(mine[0] + 1), speaker="Bert")
    back = cast.state_of(1).segment((0, mine[0]))
    assert (back.speaker, back.voice) == ("Bert", "tick")


async def test_what_is_no_speech_goes_to_the_narrator_in_a_book_whose_dialogue_has_one_voice(cast: CastBench) -> None:
    await cast.add("Persuasion", "“What is that?” asked nobody. It rained.", "--dialogue-voice=tock")
    await cast.settle()
    assert (await cast.listen("/listen/2")).xpath("//select[@id='speaker']/option/@value") == ["", "narrator"]


async def test_a_sentence_is_heard_in_any_voice(cast: CastBench) -> None:
    cast.answers["voices"] = b"sound"
    [button] = (await cast.listen("/listen/1/cast")).xpath("//li[h2='Bert']//button[@name='sentence']")
    answer = await cast.send(button.get("formaction"), sentence=button.get("value"), voice="tock", name="Bert")
    assert (answer.content, answer.headers["content-type"]) == (b"sound", "audio/flac")
    assert cast.asked == [
        ("voices", "--listen=tock", "--tts-engine=metronome", "--language=en", "--text=“Good day,”"),
    ]
    for wrong in ("1:99", "0:1", "x", "9:1"):
        assert (await cast.send("/listen/1/hear", sentence=wrong, voice="tock")).status_code == 400


async def test_a_wrong_form_and_a_voice_that_is_none_are_refused(cast: CastBench) -> None:
    assert "Choose a voice or a name" in (await cast.send("/listen/1/cast", name="Ann")).text
    assert "no character of this book" in (await cast.send("/listen/1/cast", name="Zoe", voice="tick")).text


async def test_a_book_without_a_cast_says_so(cast: CastBench) -> None:
    await cast.add("Persuasion", SCENE)
    await cast.settle()
    assert not (await cast.listen("/listen/2")).xpath("//a[contains(@href, '/cast')]")
    assert "made without a cast" in (await cast.listen("/listen/2/cast")).text_content()
