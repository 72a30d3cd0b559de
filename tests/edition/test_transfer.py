import threading

import pytest

from swarm.edition.depot import Stopped, TransferFault, insist


class Link:
    """Fails so many times, then works."""

    def __init__(self, failures: int, *, lasting: bool = False) -> None:
        self.left, self.lasting, self.tries = failures, lasting, 0

    def __call__(self) -> None:
        self.tries += 1
        self.left -= 1
        if self.left >= 0:
            raise TransferFault("It broke.", lasting=self.lasting)


def test_what_may_pass_is_tried_again_and_said() -> None:
    link, said = Link(2), list[str]()
    insist(link, (0.01, 0.02, 0.03), threading.Event(), said.append)
    assert link.tries == 3
    assert said == ["It broke. Trying again in 0.01 s.", "It broke. Trying again in 0.02 s."]


@pytest.mark.parametrize(("link", "tries"), [(Link(9), 3), (Link(9, lasting=True), 1)], ids=["too often", "lasting"])
def test_it_is_given_up_when_the_waits_are_used_up_or_nothing_would_help(link: Link, tries: int) -> None:
    with pytest.raises(TransferFault):
        insist(link, (0.01, 0.01), threading.Event(), lambda words: None)
    assert link.tries == tries


def test_who_waits_is_stopped_at_once() -> None:
    link, stopped = Link(9), threading.Event()
    with pytest.raises(Stopped):
        insist(link, (600.0,), stopped, lambda words: stopped.set())
    assert link.tries == 1
