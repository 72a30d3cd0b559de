"""Which worker downloads a file of a model, and from whom the others have it."""

from math import log

from making import make_core, make_hello, sent

from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.referee import MAX_FOLLOWERS, STUCK_S
from swarm.lease.file_transfer import LackedFile, ModelReport, ModelSource, SetAside, ToldFile
from swarm.lease.message import Heartbeat

FILE, OTHER = "a" * 64, "b" * 64


class House:
    """A coordinator without jobs, and workers that tell of one file each."""

    def __init__(self) -> None:
        self.core: Coordinator = make_core()
        self.last = Outcome()

    def lacks(self, name: str, now: float = 0.0, **facts: object) -> ModelSource | None:
        """Return the answer to a worker that lacks the file."""
        lacked = LackedFile(FILE, **facts)  # type: ignore[arg-type]
        return self._says(name, ModelReport(lacked=(lacked,)), now)

    def has(self, name: str, now: float = 0.0, door: str | None = None) -> None:
        self._says(name, ModelReport(here=(FILE,)), now, door)

    def _says(self, name: str, models: ModelReport, now: float, door: str | None = None) -> ModelSource | None:
        peer = name.encode()
        if not any(session.peer == peer for session in self.core.sessions.values()):
            self.core.receive(peer, make_hello(name), now)
        door = door_of(name) if door is None else door
        self.last = self.core.receive(peer, Heartbeat((), models=models, door=door), now)
        answers = sent(self.last, ModelSource)
        return answers[0] if answers else None


def door_of(name: str) -> str:
    return f"10.0.0.{sum(name.encode()) % 250}:5000"


HUB, WAIT = ModelSource(FILE), ModelSource(FILE, wait=True)


def test_one_worker_gets_the_leave_and_the_others_wait_and_have_it_from_that_one() -> None:
    house = House()
    assert house.lacks("attic") == HUB
    assert house.lacks("barn") == WAIT
    assert house.lacks("attic", downloads=True, have=5) is None
    assert house.lacks("barn") == WAIT
    house.has("attic")
    assert house.lacks("barn") == ModelSource(FILE, door_of("attic"))
    assert house.lacks("barn", door=door_of("attic"), have=5) is None  # it is at it


def test_the_next_one_downloads_once_the_first_is_gone_or_gave_up_or_got_no_byte_for_a_minute() -> None:
    house = House()
    assert house.lacks("attic") == HUB
    house.core.receive(b"attic", make_hello("attic", nonce="another process"), 1.0)
    house.lacks("attic", 1.0, downloads=True)
    house._says("attic", ModelReport(), 2.0)  # its engine could not download it
    assert house.lacks("barn", 2.0) == HUB
    assert house.lacks("cellar", 2.0) == WAIT
    house.lacks("barn", 30.0, downloads=True, have=1000)
    house.lacks("cellar", 30.0)
    house.lacks("barn", 30.0 + STUCK_S - 1, downloads=True, have=1000)
    assert house.lacks("cellar", 30.0 + STUCK_S - 1) == WAIT
    house.lacks("barn", 30.0 + STUCK_S, downloads=True, have=1000)
    assert house.lacks("cellar", 30.0 + STUCK_S) == HUB


def test_a_download_that_began_before_the_coordinator_did_is_waited_for() -> None:
    house = House()
    assert house.lacks("attic", downloads=True, have=7) is None
    assert house.lacks("barn") == WAIT


def test_one_that_is_offline_waits_for_others_and_never_keeps_them_from_the_hub() -> None:
    house = House()
    assert house.lacks("attic", offline=True) == HUB  # nobody else is at it: its engine says what is missing
    assert house.lacks("barn") == HUB
    assert house.lacks("attic", offline=True) == WAIT


def test_a_worker_without_a_door_is_no_source_and_a_loopback_door_leads_only_to_its_own_machine() -> None:
    house = House()
    house.has("attic", door="")
    house.has("barn", door="127.0.0.1:5000")
    assert house.lacks("cellar") == HUB


def test_a_liar_is_told_of_and_named_to_nobody_again() -> None:
    house = House()
    house.has("attic")
    assert house.lacks("barn", aside=(SetAside(door_of("attic"), "lying"),)) == HUB
    assert [event.code for event in house.last.events] == ["file not as it was"]
    house._says("barn", ModelReport(), 0.0)
    assert house.lacks("cellar") == HUB
    house.lacks("barn", aside=(SetAside(door_of("attic"), "lying"),))
    assert house.last.events == []


def test_one_that_is_only_out_of_reach_is_set_aside_by_that_worker_alone() -> None:
    house = House()
    house.has("attic")
    assert house.lacks("barn", aside=(SetAside(door_of("attic"), "silent"),)) == HUB
    assert house.lacks("cellar") == ModelSource(FILE, door_of("attic"))


def test_the_answer_is_for_the_first_file_that_is_not_downloaded_yet() -> None:
    house = House()
    lacked = LackedFile(FILE, downloads=True), LackedFile(OTHER)
    assert house._says("attic", ModelReport(lacked=lacked), 0.0) == ModelSource(OTHER)


def test_many_workers_have_it_after_as_many_rounds_as_the_logarithm_says() -> None:
    house, names = House(), [f"{number}" for number in range(27)]
    having, rounds = {"0"}, 0
    while len(having) < len(names):
        rounds += 1
        for name in having:
            house.has(name)
        answers = {name: house.lacks(name) for name in names if name not in having}
        assert HUB not in answers.values()
        having |= {name for name, answer in answers.items() if answer and answer.door}
    assert rounds == round(log(27) / log(1 + MAX_FOLLOWERS))


def test_nothing_is_kept_of_what_is_over() -> None:
    house = House()
    house.lacks("attic")
    house.has("attic")
    house.lacks("barn")
    house.has("barn")
    house._says("cellar", ModelReport(lacked=(LackedFile(OTHER),)), 0.0)
    referee = house.core.job_files.referee
    assert (list(referee.leaves), referee.sources, referee.liars) == ([OTHER], {}, set())


def test_what_no_table_knows_is_as_the_first_machine_that_had_it_told_while_any_says_so() -> None:
    house, first, other = House(), ToldFile(FILE, "1" * 64, 5), ToldFile(FILE, "2" * 64, 6)
    house._says("attic", ModelReport(here=(FILE,), told=(first,)), 0.0)
    assert house.lacks("cellar") == ModelSource(FILE, door_of("attic"), told=first)
    house._says("barn", ModelReport(here=(FILE,), told=(other,)), 0.0)
    assert house.lacks("cellar", aside=(SetAside(door_of("attic"), "silent"),)) == HUB  # barn has something else
    house._says("attic", ModelReport(), 1.0)
    assert house.lacks("cellar", 1.0) == ModelSource(FILE, door_of("barn"), told=other)
    house.lacks("den", 1.0, aside=(SetAside(door_of("barn"), "lying"),))
    house._says("attic", ModelReport(here=(FILE,), told=(first,)), 2.0)
    assert house.lacks("cellar", 2.0) == ModelSource(FILE, door_of("attic"), told=first)
    house._says("attic", ModelReport(), 3.0)
    house._says("barn", ModelReport(), 3.0)
    house.lacks("cellar", 3.0)
    assert house.core.job_files.referee.agreed == {}
