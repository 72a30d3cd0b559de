from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swarm.audiobook.sound.studio import Studio
from swarm.coordinator.serve import EncodingWatch
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.system.capacity import CoreUse


class Heard:
    """Stands in for the core, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def note_progress(self, *told: Any) -> None:
        """Take in what a core is told."""
        self.told.append(told)


def test_the_core_is_told_what_the_encoders_did_and_what_share_of_each_edition_is_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, left_out = Studio(tmp_path, 2), list[object]()
    studio.pieces, studio.sound_s, studio.busy_s = 3, 90.0, 1.5
    monkeypatch.setattr(studio.processes, "numbers", lambda: frozenset({7}))
    monkeypatch.setattr(CoreUse, "share", lambda _, without: left_out.append(without) or 0.25)
    editions: Any = {"a": SimpleNamespace(studio=studio, encoded=0.5), "b": SimpleNamespace(studio=studio, encoded=0.0)}
    core: Any = Heard()
    EncodingWatch().tell(core, editions, 9.0)
    assert core.told == [({"a": 0.5, "b": 0.0}, 9.0, EncoderUse(2, 3, 90.0, 1.5), 0.25)]
    assert left_out == [{7}], "encoders leave no cores to themselves"


def test_a_core_without_books_still_follows_its_slots() -> None:
    core: Any = Heard()
    EncodingWatch().tell(core, {}, 9.0)
    assert core.told == [({}, 9.0)]
