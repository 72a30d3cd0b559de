"""Sentences that another engine speaks, and workers that lack it."""

from making import TEXTS, hope, join, make_clip, make_core, make_spec, offer, sent, shown
from msgspec import structs

from swarm.job.spec import JobSpec
from swarm.job.state import JobState
from swarm.lease.message import EngineOffer, Failed, Grant, Heartbeat
from swarm.lease.scheduling import MIN_DEADLINE_S, UNKNOWN_DEADLINE_S

MAIN = EngineOffer("metronome", ("*",))
GUEST = EngineOffer("espeak", ("fr", "ru"))
VOICE = "guest:fr;espeak;;fr"


def with_guests(*indices: int, voice: str = VOICE, texts: list[str] = TEXTS) -> JobSpec:
    """Make a job in one chapter whose sentences at these indices are a guest's."""
    spec = make_spec(texts)
    segments = tuple(
        structs.replace(segment, voice=voice if index in indices else "")
        for index, segment in enumerate(spec.chapters[0].segments)
    )
    return structs.replace(spec, chapters=(structs.replace(spec.chapters[0], segments=segments),))


def indices(grant: Grant) -> list[int]:
    return [line.index for line in grant.lines]


def test_a_worker_without_the_guest_s_engine_gets_all_other_sentences() -> None:
    core = make_core(JobState(with_guests(1, 4)))
    join(core, b"lacks", engines=(MAIN,))
    join(core, b"other", engines=(MAIN,))
    assert indices(offer(core, b"lacks")) == [0, 2, 3, 5]
    assert indices(offer(core, b"other", now=0.1)) == [3, 5]  # the tail of that lease, and nothing that is free
    join(core, b"has", engines=(MAIN, GUEST))
    assert indices(offer(core, b"has", now=0.2)) == [1, 4]


def test_a_guest_s_model_has_to_be_there() -> None:
    core = make_core(JobState(with_guests(1, voice="guest:fr;piper;fr_FR-siwis-medium;siwis")))
    piper = EngineOffer("piper", ("fr",), ("*",))
    join(core, b"could", engines=(MAIN, piper))
    assert indices(offer(core, b"could")) == [0, 2, 3, 4, 5]
    join(core, b"has", engines=(MAIN, structs.replace(piper, models=("*", "fr_FR-siwis-medium"))))
    assert indices(offer(core, b"has", now=0.1)) == [1]


def test_a_guest_s_voice_has_to_be_there_beside_its_model() -> None:
    core = make_core(JobState(with_guests(1, voice="guest:fr;kokoro;kokoro-v1.0-int8;ff_siwis")))
    kokoro = EngineOffer("kokoro", ("fr", "ja"), ("*", "kokoro-v1.0-int8"))
    join(core, b"lacks", engines=(MAIN, structs.replace(kokoro, lacks=("fr",))))
    assert indices(offer(core, b"lacks")) == [0, 2, 3, 4, 5]
    join(core, b"has", engines=(MAIN, structs.replace(kokoro, lacks=("ja",))))
    assert indices(offer(core, b"has", now=0.1)) == [1]


def test_a_guest_that_is_opened_first_and_speaks_slowly_is_not_taken_for_an_engine_that_hangs() -> None:
    core = make_core(JobState(with_guests(1)))
    join(core, b"has", engines=(MAIN, GUEST))
    grant = offer(core, b"has")
    served, (lease,) = core.jobs["job"], core.jobs["job"].ledger.leases.values()
    due_s = []
    for position in range(2):
        core.receive(b"has", make_clip(grant, position, work_s=0.01), 1.0 + position, b"flac")
        due_s.append(served.deadline_s(core.sessions[lease.session], lease))
    assert due_s == [UNKNOWN_DEADLINE_S, MIN_DEADLINE_S]  # the guest's sentence comes first


def test_the_tail_of_a_lease_is_not_cut_for_a_worker_that_cannot_speak_all_of_it() -> None:
    def helped(*guests: int) -> list[Grant]:
        core = make_core(JobState(with_guests(*guests)))
        join(core, b"has", engines=(MAIN, GUEST))
        assert len(indices(offer(core, b"has"))) == len(TEXTS)
        join(core, b"lacks", engines=(MAIN,))
        return sent(core.receive(b"lacks", Heartbeat((), (0,)), 0.2), Grant, b"lacks")

    assert [indices(grant) for grant in helped(0)] == [indices(grant) for grant in helped()] != []
    assert helped(5) == []


def test_a_failure_of_a_guest_waits_for_no_worker_that_lacks_it() -> None:
    core = make_core(JobState(with_guests(0, texts=TEXTS[:1])), alone=True)
    join(core, b"lacks", engines=(MAIN,))
    join(core, b"has", engines=(MAIN, GUEST))
    for take in range(3):
        grant = offer(core, b"has", now=float(take))
        failed = Failed("job", 0, 0, take, kind="error", note="espeak is broken", lease=grant.lease)
        core.receive(b"has", failed, take + 0.1)
        assert sent(core.receive(b"lacks", Heartbeat((), (0,)), take + 0.2), Grant) == []
    assert core.jobs["job"].state.quarantined


def test_a_job_whose_rest_waits_for_a_guest_says_so() -> None:
    core = make_core(JobState(with_guests(*range(6))), alone=True)
    join(core, b"lacks", engines=(MAIN,))
    assert sent(core.receive(b"lacks", Heartbeat((), (0,)), 0.1), Grant) == []
    assert "no worker here can speak French with espeak" in str(shown(core, 0.2).jobs)
    assert hope(core) == "What is left of it is in French and for the engine espeak, which this machine lacks."
    join(core, b"has", engines=(MAIN, GUEST))
    assert hope(core) == ""
    model = make_core(JobState(with_guests(*range(6), voice="guest:fr;piper;m;v")), alone=True)
    join(model, b"lacks", engines=(MAIN,))
    assert hope(model).endswith("whose model m is not on this machine: e2a-swarm models fetch m.")
    some = make_core(JobState(with_guests(1)), alone=True)
    join(some, b"lacks", engines=(MAIN,))
    assert hope(some) == ""  # it has other sentences to speak first
