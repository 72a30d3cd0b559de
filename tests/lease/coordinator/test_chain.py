"""A file travels along a chain of workers: simulated links, with workers that leave, hang, are slow or come late."""

from dataclasses import dataclass, field

from making import make_hello

from swarm.lease.coordinator.chain import MAX_FOLLOWERS, TURN_S, Chains
from swarm.lease.coordinator.roster import Session, new_session
from swarm.lease.file_transfer import Fetching, SetAside
from swarm.lease.message import Heartbeat

DIGEST = "d" * 64
SIZE = 2_000_000_000
LINK = 125_000_000.0  # bytes a second, of each machine and each way
STEP_S = 0.1
SLACK = 1_000_000  # bytes that a worker is behind the one that it fetches from


@dataclass
class Machine:
    """One worker with its link, and what it has of the file."""

    session: Session
    down: float
    up: float
    have: float = 0.0
    peer_address: str = ""  # it fetches from this peer
    aside: list[SetAside] = field(default_factory=list)
    is_hung: bool = False
    done_s: float | None = None

    def fetching(self) -> Fetching:
        return Fetching(DIGEST, int(self.have), "", True, self.peer_address, tuple(self.aside))


class House:
    """Machines that fetch a file; bytes flow as fast as the links let them."""

    def __init__(self, size: int = SIZE, link: float = LINK) -> None:
        self.sessions: dict[str, Session] = {}
        self.chains = Chains(self.sessions)
        self.machines: dict[str, Machine] = {}
        self.now, self.sent, self.steps = 0.0, 0.0, 0
        self.size, self.link = size, link

    def join(self, name: str, *, peer_address: str | None = None, **link: float) -> Machine:
        session = new_session(make_hello(name), name.encode(), self.now)
        self.sessions[session.key] = session
        session.files.peer_address = f"10.0.0.{len(self.machines) + 1}:5000" if peer_address is None else peer_address
        machine = self.machines[session.key] = Machine(session, **{"down": self.link, "up": self.link, **link})
        return machine

    def leave(self, machine: Machine) -> None:
        """End a process: its connections end too."""
        self.sessions.pop(machine.session.key)
        self.machines.pop(machine.session.key)
        for other in self.machines.values():
            if other.peer_address == machine.session.files.peer_address:
                other.peer_address = ""
                other.aside.append(SetAside(machine.session.files.peer_address, "away"))

    def beat(self, machine: Machine) -> None:
        done = machine.have >= self.size
        heartbeat = Heartbeat((), job_files=(DIGEST,)) if done else Heartbeat((), fetching=(machine.fetching(),))
        peer_address = machine.session.files.peer_address
        machine.session.files.note_files(heartbeat)
        machine.session.files.peer_address = peer_address
        if not done:
            machine.peer_address = self.chains.of(DIGEST, self.size).source_of(machine.session, self.sessions, self.now)
            machine.peer_address = (
                "" if machine.peer_address in [each.peer_address for each in machine.aside] else machine.peer_address
            )

    def step(self) -> None:
        self.now += STEP_S
        peer_addresses = {
            machine.session.files.peer_address: machine
            for machine in self.machines.values()
            if machine.session.files.peer_address
        }
        askers: dict[str, list[Machine]] = {}
        for machine in self.machines.values():
            if machine.have < self.size and not machine.is_hung:
                askers.setdefault(machine.peer_address, []).append(machine)
        got: list[tuple[Machine, float]] = []
        for peer_address, asking in askers.items():
            source = peer_addresses.get(peer_address)
            if source is not None and source.is_hung:
                continue
            for machine in asking:
                share = (source.up if source else self.link) / len(asking)
                ahead = (source.have if source.have >= self.size else source.have - SLACK) if source else self.size
                moved = max(0.0, min(STEP_S * min(share, machine.down), ahead - machine.have))
                got.append((machine, moved))
                self.sent += 0 if source else moved
        for machine, moved in got:
            machine.have = min(self.size, machine.have + moved)
            if machine.have >= self.size and machine.done_s is None:
                machine.done_s = self.now
        self.steps += 1
        for number, machine in enumerate(list(self.machines.values())):
            if (self.steps + number) % 10 == 0 and not machine.is_hung:
                self.beat(machine)
        self.check()

    def check(self) -> None:
        """Check that nobody waits for itself, and that nobody has too many to serve."""
        links = self.chains.chains[DIGEST].links if self.chains.chains else {}
        for key in links:
            seen: list[str] = []
            while key in links:
                assert key not in seen, f"a circle: {seen}"
                seen.append(key)
                key = links[key].source
        for key in links:
            assert sum(link.source == key for link in links.values()) <= MAX_FOLLOWERS + 1

    def begin(self) -> None:
        """Have all beat once, one after the other, as they do when they hear of the job."""
        for machine in self.machines.values():
            self.beat(machine)

    def run(self, *machines: Machine, most_s: float = 600.0) -> float:
        """Let time pass until these have the file, and return when that was."""
        wanted = machines or tuple(self.machines.values())
        while any(machine.have < self.size for machine in wanted):
            self.step()
            assert self.now < most_s, [(m.session.key, m.have, m.peer_address, m.aside) for m in wanted]
        return max(machine.done_s or 0.0 for machine in wanted)

    @property
    def copies(self) -> float:
        return self.sent / self.size


ALONE_S = SIZE / LINK


def full_house(count: int = 16) -> House:
    house = House()
    for number in range(count):
        house.join(f"w{number}")
    house.begin()
    return house


def test_sixteen_machines_take_little_longer_than_one_and_the_coordinator_sends_one_copy() -> None:
    house = full_house()
    assert house.run() < 1.3 * ALONE_S
    assert house.copies < 1.1


def test_those_that_share_a_source_form_one_chain_again() -> None:
    house = full_house(6)
    links = house.chains.chains[DIGEST].links
    for key in links:
        links[key].source = "" if key == "w0/n" else "w0/n" if key < "w3" else "w1/n"
    house.begin()
    assert house.run() < 1.4 * ALONE_S
    assert house.copies < 1.2


def test_those_behind_a_machine_that_hangs_go_on_once_they_set_it_aside() -> None:
    house = full_house()
    while house.now < 5.0:
        house.step()
    hung = list(house.machines.values())[3]
    hung.is_hung = True
    while house.now < 8.0:
        house.step()
    for other in house.machines.values():
        if other.peer_address == hung.session.files.peer_address:
            other.aside.append(SetAside(other.peer_address, "silent"))
            other.peer_address = ""
            house.beat(other)
    others = [machine for machine in house.machines.values() if machine is not hung]
    assert house.run(*others) < 1.5 * ALONE_S + 3.0
    assert house.copies < 1.4


def test_a_slow_machine_delays_no_other_wherever_it_stands() -> None:
    for place in (0, 5):
        house = House()
        for number in range(16):
            house.join(f"w{number}", **({"down": LINK / 20, "up": LINK / 20} if number == place else {}))
        house.begin()
        fast = [machine for number, machine in enumerate(house.machines.values()) if number != place]
        assert house.run(*fast) < 1.5 * ALONE_S + 3 * TURN_S
        assert house.copies < 1.6


def test_one_that_sends_too_slowly_is_left() -> None:
    house = House()
    for number in range(4):
        house.join(f"w{number}", **({"up": LINK / 50} if number == 1 else {}))
    house.begin()
    assert house.run() < 1.5 * ALONE_S + 2 * TURN_S


def test_a_machine_without_an_address_fetches_from_others_and_serves_none() -> None:
    house = House()
    closed = house.join("closed", peer_address="")
    for number in range(3):
        house.join(f"w{number}")
    house.begin()
    house.run()
    assert all(closed.session.key != link.source for link in house.chains.chains[DIGEST].links.values())


def test_an_address_on_loopback_is_named_only_to_those_on_loopback() -> None:
    house = House()
    house.join("local", peer_address="127.0.0.1:5000")
    house.join("other", peer_address="127.0.0.1:5001")
    far = house.join("far")
    house.begin()
    assert [machine.peer_address for machine in house.machines.values()] == ["", "127.0.0.1:5000", ""]
    assert far.peer_address == ""


def test_a_liar_serves_nobody_any_more_and_is_told_of_once() -> None:
    house = full_house(4)
    liar, accuser, *others = house.machines.values()
    accuser.aside.append(SetAside(liar.session.files.peer_address, "lying"))
    accuser.peer_address = ""
    house.beat(accuser)
    assert [each.key for each in house.chains.accuse(accuser.session, DIGEST)] == [liar.session.key]
    assert house.chains.accuse(accuser.session, DIGEST) == []
    for machine in (accuser, *others):
        house.beat(machine)
        assert machine.peer_address != liar.session.files.peer_address


def test_nobody_can_say_of_itself_that_it_lied_and_a_file_that_no_job_needs_is_forgotten() -> None:
    house = full_house(2)
    first = next(iter(house.machines.values()))
    first.aside.append(SetAside(first.session.files.peer_address, "lying"))
    house.beat(first)
    assert house.chains.accuse(first.session, DIGEST) == []
    house.chains.keep(())
    assert house.chains.chains == {}
