"""Errors in the words of whoever meets them: of a command, of a queue that goes on by itself, of a user of a queue."""

import pickle
from pathlib import Path

from swarm.errors import BookError, EnvironmentFault, Remedy, StoreError
from swarm.system.disk import CROWDED, DAMAGED, FULL, NO_FILE, READ_ONLY
from swarm.watch.words import BY_QUEUE, by_resuming

DELIVERY = EnvironmentFault("It is in /out", Remedy(again="deliver", kept="nothing is spoken or encoded again"))
UPLOAD = EnvironmentFault("It is in /out", Remedy(again="upload"))
DISK = Path("/books")


def test_an_error_without_a_remedy_is_its_fact_for_all() -> None:
    fault = BookError("The book has no text.")
    assert str(fault) == fault.told(BY_QUEUE) == fault.told(by_resuming(3)) == "The book has no text."


def test_a_remedy_says_what_to_do_first_and_who_does_the_rest() -> None:
    fault = FULL.fault(DISK)
    known = "/books cannot be used: there is no space left on its disk; free some"
    assert str(fault) == f"{known} and run the same command again, nothing finished is lost."
    assert fault.told(BY_QUEUE) == f"{known}; the queue tries it again by itself, nothing finished is lost."
    assert fault.told(by_resuming(3)) == f"{known}; `e2a-swarm resume 3` tries it again, nothing finished is lost."


def test_a_fact_that_is_a_sentence_is_followed_by_another_one() -> None:
    fault = EnvironmentFault("It ended twice: no answer.", Remedy("free some memory"))
    assert str(fault) == "It ended twice: no answer. Free some memory and run the same command again."


def test_what_only_the_user_can_change_is_not_tried_again_by_anybody() -> None:
    fault = READ_ONLY.fault(DISK, "--output-dir")
    assert str(fault) == fault.told(BY_QUEUE) == fault.told(by_resuming(3))
    assert str(fault).endswith(
        "it is on a read-only disk; make that writable, or name another folder with --output-dir."
    )


def test_no_user_of_a_queue_is_told_to_run_a_command_that_is_running() -> None:
    for fault in [*(each.fault(DISK) for each in (FULL, DAMAGED, NO_FILE, CROWDED)), DELIVERY, UPLOAD]:
        assert "same command" in str(fault)
        assert "same command" not in fault.told(BY_QUEUE) + fault.told(by_resuming(3))
        assert "`e2a-swarm resume 3`" in fault.told(by_resuming(3)) and "the queue" in fault.told(BY_QUEUE)


def test_an_error_keeps_its_remedy_on_its_way_from_another_process() -> None:
    fault = pickle.loads(pickle.dumps(FULL.fault(DISK)))
    assert (
        isinstance(fault, StoreError)
        and str(fault) == str(FULL.fault(DISK))
        and fault.remedy == FULL.fault(DISK).remedy
    )
