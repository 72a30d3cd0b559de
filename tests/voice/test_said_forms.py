from pathlib import Path

import pytest
from said_forms import CASES, FORMS, PASSAGES, wrong_forms

from swarm.job.card import EngineCard


@pytest.mark.slow
@pytest.mark.parametrize("folder", [FORMS, PASSAGES], ids=lambda folder: folder.name)
@pytest.mark.parametrize(("card", "language"), CASES, ids=[f"{card.name}-{language}" for card, language in CASES])
def test_an_engine_says_written_forms_as_their_words(card: EngineCard, language: str, folder: Path) -> None:
    assert wrong_forms(card, language, folder) == []
