"""A model may point at who speaks: what it is asked, and what its answers change."""

from collections.abc import Iterable, Sequence
from functools import partial

from swarm.book.speech.dialogue import Dialogue, find_dialogue
from swarm.book.speech.pointing import MAX_TURNS, Answer, SpeakerQuestion, pointed

SCENE = (
    "“Good day,” said Mr. Hall. He bowed [12].",
    "“Good day,” said Mrs. Vane. She smiled at Mr. Poole.",
    "Mr. Poole was there, and Mr. Hall.",
    "“Is it late?”",
    "“No.”",
    "It rained.",
)


class Model:
    """Answers all questions in one way, and remembers them."""

    def __init__(self, name: str = "", *wrong: tuple[int, int]) -> None:
        self.name, self.wrong = name, wrong
        self.asked: list[SpeakerQuestion] = []

    def answer(self, questions: Sequence[SpeakerQuestion]) -> Iterable[Answer]:
        self.asked += questions
        for each in questions:
            named = [number for number, about in enumerate(each.persons, 1) if about.startswith(self.name)]
            right = dict.fromkeys(range(1, len(each.turns) + 1), named[0]) if self.name else {}
            yield right | dict(self.wrong)


def told(model: Model, *chapters: Sequence[str]) -> Dialogue:
    return find_dialogue(chapters or [SCENE], "en", partial(pointed, ask=model.answer))


def test_only_doubtful_quotations_are_asked_for_in_one_question() -> None:
    model = Model()
    told(model)
    (question,) = model.asked
    assert [line for line in question.text.splitlines() if line.startswith("[")] == ["[1] “Is it late?”", "[2] “No.”"]
    assert "“Good day,” said Mr. Hall. He bowed (12)." in question.text
    assert set(question.persons) == {"Mr. Hall (a man)", "Mrs. Vane (a woman)", "Mr. Poole (a man)"}


def test_an_answer_names_the_speaker_of_an_open_quotation() -> None:
    assert [each.speaker for each in told(Model()).utterances][-1] == ""
    assert [each.speaker for each in told(Model("Mr. Poole")).utterances][-1] == "Mr. Poole"


def test_no_answer_changes_what_is_named_beside_a_quotation_or_a_word() -> None:
    before, after = told(Model()), told(Model("Mr. Poole"))
    assert [each.speaker for each in after.utterances][:2] == ["Mr. Hall", "Mrs. Vane"]
    assert [(each.start, each.end) for each in after.utterances] == [
        (each.start, each.end) for each in before.utterances
    ]


def test_numbers_that_nothing_has_are_no_answer() -> None:
    wrong = ((0, 1), (1, 0), (2, 99), (7, 1), (-1, 1), (1, -3))
    assert list(told(Model("", *wrong)).utterances) == list(told(Model()).utterances)


def test_a_long_conversation_is_several_questions() -> None:
    model = Model()
    told(model, SCENE[:3] + ("“Yes.”", "“No.”") * MAX_TURNS)
    first, second = (len(each.turns) for each in model.asked)
    assert first == MAX_TURNS >= second > 0
    assert all(len(each.who) == len(each.persons) for each in model.asked)


def test_a_chapter_without_doubt_asks_nothing() -> None:
    model = Model()
    told(model, ["“Good day,” said Ann.", "It rained."], ["It rained."])
    assert model.asked == []
