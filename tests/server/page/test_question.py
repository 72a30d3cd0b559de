"""What is asked before an order."""

import pytest

from swarm.server.page.site import question_of


@pytest.mark.parametrize("action", ["remove", "cancel", "drain"])
def test_a_question_names_what_it_is_about_and_its_buttons_differ(action: str) -> None:
    question = question_of(action, "Emma")
    assert question and "Emma" in question.ask
    assert question.yes != question.no


@pytest.mark.parametrize("action", ["pause", "resume", "move", "limit"])
def test_what_another_button_takes_back_is_not_asked_for(action: str) -> None:
    assert question_of(action, "Emma") is None
