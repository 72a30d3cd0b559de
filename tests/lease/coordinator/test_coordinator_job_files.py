"""Dialogues about files with the coordinator's core: who is served what, who is granted, whose latents count."""

import hashlib
import random

from making import RECIPE, hope, make_core, make_hello, make_spec, said, sent, shown
from msgspec import structs
from small_tensors import small_tensors

from swarm.job.job_asset import LATENTS, MODEL, VOICE, JobAsset
from swarm.job.record import LatentsKept, LatentsLost
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import SILENCE_S, CoordinatorCore
from swarm.lease.coordinator.roster import TELL_AGAIN_S
from swarm.lease.coordinator.served_assets import ASK_AGAIN_S
from swarm.lease.file_transfer import Fetch, Fetching, OfferedLatents, Piece
from swarm.lease.message import Done, EngineOffer, Grant, Heartbeat, Job, Release, Revoke
from swarm.lease.outcome import Outcome, Serve
from swarm.watch.words import lacking_text

TEXTS = ["One sentence here.", "And another one."]
VOICE_FILE, MODEL_FILE = JobAsset(VOICE, "a" * 64, 100), JobAsset(MODEL + "model.pth", "b" * 64, 300)
MADE_BYTES = small_tensors(b"latents")
MADE = OfferedLatents("job", hashlib.sha256(MADE_BYTES).hexdigest(), len(MADE_BYTES))
KEPT = JobAsset(LATENTS, MADE.digest, MADE.size)


def make_state(*job_files: JobAsset, **fields: object) -> JobState:
    return JobState(structs.replace(make_spec(TEXTS, ["A third one."], **fields), job_files=job_files))


def beat(core: CoordinatorCore, peer: bytes, *job_files: JobAsset, now: float = 1.0, **fields: object) -> Outcome:
    heartbeat = Heartbeat((), (0,), job_files=tuple(file.digest for file in job_files))
    return core.receive(peer, structs.replace(heartbeat, **fields), now)


def join(core: CoordinatorCore, *peers: bytes, **hello: object) -> None:
    for peer in peers:
        core.receive(peer, make_hello(peer.decode(), **hello), 0.0)


def note(core: CoordinatorCore) -> str:
    return shown(core, 1.0).jobs[0].note


def test_a_worker_is_told_what_it_needs_until_it_has_it_or_fetches_it() -> None:
    core = make_core(make_state(MODEL_FILE))
    join(core, b"p")
    for now in (1.0, 1.0 + TELL_AGAIN_S):
        outcome = beat(core, b"p", now=now)
        assert sent(outcome, Job) == [Job("job", "Book", RECIPE, (MODEL_FILE,))]
        assert not sent(outcome, Grant)
        assert not sent(beat(core, b"p", now=now + 1), Job)  # the first one may be on its way
    later = 2 * TELL_AGAIN_S
    assert not sent(beat(core, b"p", fetching=(Fetching(MODEL_FILE.digest),), now=later), Job)
    assert [type(send.message) for send in beat(core, b"p", MODEL_FILE, now=later).sends] == [Grant]


def test_pieces_are_served_of_what_a_job_has_and_of_nothing_else() -> None:
    core = make_core(make_state(MODEL_FILE))
    join(core, b"p")
    (serve,) = core.receive(b"p", Fetch(MODEL_FILE.digest, 200), 1.0).serves
    assert serve == Serve(b"p", "job", Fetch("b" * 64, 200), 300)
    assert not core.receive(b"p", Fetch(MODEL_FILE.digest, 300), 1.0).serves
    assert not core.receive(b"p", Fetch("c" * 64, 0), 1.0).serves


def test_status_says_how_far_the_files_are_and_what_holds_them_up() -> None:
    core = make_core(make_state(MODEL_FILE))
    join(core, b"p")
    beat(core, b"p", fetching=(Fetching(MODEL_FILE.digest, 129),))
    assert note(core) == "fetching the model, 43 %"
    assert shown(core, 1.0).workers[0].note == "fetching the model, 43 %"
    beat(core, b"p", fetching=(Fetching(MODEL_FILE.digest, 129, "no room"),))
    assert note(core) == "fetching the model, 43 % (no room)"


def test_a_worker_without_the_files_of_one_job_is_given_another() -> None:
    core = make_core(make_state(MODEL_FILE), JobState(make_spec(TEXTS, job="plain")))
    join(core, b"p")
    assert [grant.job for grant in sent(beat(core, b"p"), Grant)] == ["plain"]


def begin(core: CoordinatorCore, *peers: bytes) -> Outcome:
    join(core, *peers)
    for peer in peers[1:]:
        beat(core, peer, VOICE_FILE, offers=())
    return beat(core, peers[0], VOICE_FILE)


def test_one_slot_alone_is_let_in_until_the_latents_are_journaled_and_all_others_afterwards() -> None:
    core = make_core(state := make_state(VOICE_FILE))
    (grant,) = sent(begin(core, b"p", b"q"), Grant)
    assert not sent(beat(core, b"q", VOICE_FILE), Grant)
    assert note(core) == "preparing the voice"
    outcome = beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(MADE,), offers=())
    assert sent(outcome, Fetch) == [Fetch(MADE.digest, 0)]
    outcome = core.receive(b"p", Piece(MADE.digest, 0, MADE.size), 1.1, MADE_BYTES)
    assert [(entry.record, entry.frame) for entry in outcome.entries] == [
        (LatentsKept(MADE.digest, MADE.size, "p"), MADE_BYTES)
    ]
    assert [job.latents for job in sent(outcome, Job, b"p")] == [False]
    outcome = beat(core, b"q", VOICE_FILE)
    assert sent(outcome, Job)[0].job_files == (VOICE_FILE, JobAsset(LATENTS, MADE.digest, MADE.size))
    assert not sent(outcome, Grant)
    assert sent(beat(core, b"q", *state.job_files), Grant)


def test_latents_come_piece_by_piece_and_what_does_not_come_is_asked_for_again() -> None:
    core = make_core(state := make_state(VOICE_FILE), piece=60)
    (grant,) = sent(begin(core, b"p"), Grant)
    mine = {"leases": (grant.lease,), "made": (MADE,), "offers": ()}
    assert sent(beat(core, b"p", VOICE_FILE, **mine), Fetch) == [Fetch(MADE.digest, 0)]
    assert not sent(beat(core, b"p", VOICE_FILE, now=1.5, **mine), Fetch)
    assert sent(beat(core, b"p", VOICE_FILE, now=1.1 + ASK_AGAIN_S, **mine), Fetch) == [Fetch(MADE.digest, 0)]
    assert sent(core.receive(b"p", Piece(MADE.digest, 0, MADE.size), 5.0, MADE_BYTES[:60]), Fetch) == [
        Fetch(MADE.digest, 60)
    ]
    core.receive(b"p", Piece(MADE.digest, 0, MADE.size), 5.0, MADE_BYTES[:60])  # twice
    core.receive(b"p", Piece(MADE.digest, 60, MADE.size), 5.0, MADE_BYTES[60:])
    assert state.latents is not None


def test_when_the_one_that_computes_dies_another_takes_over() -> None:
    core = make_core(make_state(VOICE_FILE))
    (grant,) = sent(begin(core, b"p", b"q"), Grant)
    beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(MADE,))
    for now in (3.0, 4.5):
        beat(core, b"q", VOICE_FILE, now=now)
    (again,) = sent(core.tick(SILENCE_S + 1.5), Grant, b"q")
    assert again.chapter == grant.chapter


def test_latents_that_are_no_safetensors_are_refused_and_those_of_the_next_worker_are_taken() -> None:
    core = make_core(state := make_state(VOICE_FILE))
    (grant,) = sent(begin(core, b"p", b"q"), Grant)
    junk = random.Random(1).randbytes(18_000)
    offered = OfferedLatents("job", hashlib.sha256(junk).hexdigest(), len(junk))
    beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(offered,), offers=())
    beat(core, b"q", VOICE_FILE)
    outcome = core.receive(b"p", Piece(offered.digest, 0, offered.size), 1.1, junk)
    assert not outcome.entries
    assert [revoke.lease for revoke in sent(outcome, Revoke, b"p")] == [grant.lease]
    (other,) = sent(outcome, Grant, b"q")
    assert "not usable" in said(outcome)[0]
    assert core.peers[b"p"].trust.streak == 1
    beat(core, b"q", VOICE_FILE, leases=(other.lease,), made=(MADE,), offers=())
    core.receive(b"q", Piece(MADE.digest, 0, MADE.size), 1.2, MADE_BYTES)
    assert state.latents == LatentsKept(MADE.digest, MADE.size, "q")


def test_a_worker_whose_latents_were_refused_is_not_first_because_it_greets_again() -> None:
    core = make_core(make_state(VOICE_FILE))
    (grant,) = sent(begin(core, b"p", b"q"), Grant)
    beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(MADE,), offers=())
    core.receive(b"p", Piece(MADE.digest, 0, MADE.size), 1.1, MADE_BYTES[::-1])
    join(core, b"p")
    assert not sent(beat(core, b"p", VOICE_FILE), Grant)
    (other,) = sent(beat(core, b"q", VOICE_FILE), Grant, b"q")
    core.receive(b"q", Release(other.lease, "unplugged", unable=True), 1.2)
    assert sent(beat(core, b"p", VOICE_FILE, now=1.3), Grant, b"p")  # a bad one is better than none


def test_latents_of_whoever_holds_no_lease_are_not_wanted() -> None:
    core = make_core(make_state(VOICE_FILE))
    begin(core, b"p", b"q")
    assert not sent(beat(core, b"q", VOICE_FILE, made=(MADE,)), Fetch)


def test_an_engine_that_computes_none_opens_the_job_to_all() -> None:
    core = make_core(make_state(VOICE_FILE))
    (grant,) = sent(begin(core, b"p", b"q"), Grant)
    outcome = beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(OfferedLatents("job", "", 0),))
    assert [entry.record for entry in outcome.entries] == [LatentsKept("", 0, "p")]
    assert sent(beat(core, b"q", VOICE_FILE), Grant)


# --- who can speak what


def test_a_job_goes_only_to_those_who_have_its_model() -> None:
    recipe = structs.replace(RECIPE, model="vctk")
    core = make_core(make_state(recipe=recipe))
    join(core, b"p", engines=(EngineOffer("metronome", ("*",), ("ljspeech",)),))
    assert not sent(beat(core, b"p"), Grant)
    assert note(core) == "no worker here can speak English with metronome and the model vctk"
    join(core, b"q", engines=(EngineOffer("metronome", ("*",), ("ljspeech", "vctk")),))
    assert sent(beat(core, b"q"), Grant, b"q")


def test_a_custom_model_goes_to_whoever_has_the_engine_since_its_files_come_along() -> None:
    recipe = structs.replace(RECIPE, model="custom:" + "d" * 64)
    core = make_core(make_state(recipe=recipe))
    join(core, b"p", engines=(EngineOffer("metronome", ("*",), ("ljspeech",)),))
    assert sent(beat(core, b"p"), Grant)


def test_a_job_nobody_can_serve_names_the_line_that_installs_its_engine_and_goes_on_when_somebody_can() -> None:
    core = make_core()
    core.add_job(make_state(), "pip install 'e2a-swarm[metronome]'")
    join(core, b"p", engines=(EngineOffer("espeak", ("*",)),))
    assert not sent(beat(core, b"p"), Grant)
    assert note(core).endswith("; on a machine that should speak it: pip install 'e2a-swarm[metronome]'")
    (done,) = sent(beat(core, b"p"), Done)
    assert lacking_text(done) == (
        "Book is spoken with metronome in English, which this worker cannot: pip install 'e2a-swarm[metronome]'"
    )
    join(core, b"q")
    assert sent(beat(core, b"q"), Grant, b"q")
    assert note(core) == ""


def test_a_model_that_nobody_has_is_named_with_the_line_that_fetches_it() -> None:
    core = make_core()
    core.add_job(make_state(recipe=structs.replace(RECIPE, model="vctk")), "pip install it", "models fetch vctk")
    join(core, b"p", engines=(EngineOffer("metronome", ("*",), ("ljspeech",)),))
    join(core, b"r", engines=(EngineOffer("espeak", ("*",)),))
    outcome = beat(core, b"p")
    assert note(core).endswith("and the model vctk; on a machine that should speak it: models fetch vctk")
    (done,) = sent(outcome, Done)
    assert lacking_text(done) == "Book is spoken with vctk, which is not on this machine: models fetch vctk"
    assert lacking_text(sent(beat(core, b"r"), Done)[0]).endswith("which this worker cannot: pip install it")
    assert {worker.name: worker.note for worker in shown(core, 1.0).workers} == {
        "P": "lacks vctk",
        "R": "lacks metronome for English",
    }


def test_who_cannot_open_one_voice_of_a_model_is_given_another() -> None:
    other = structs.replace(RECIPE, voice="tock")
    core = make_core(make_state(), make_state(recipe=other, job="other"))
    join(core, b"p")
    (grant,) = sent(beat(core, b"p"), Grant)
    outcome = core.receive(b"p", Release(grant.lease, "no such voice", unable=True), 1.0)
    assert said(outcome) == ["P cannot speak Book: no such voice"]
    (grant,) = sent(beat(core, b"p"), Grant)
    assert grant.job == "other"
    assert shown(core, 1.0).workers[0].note == "metronome: no such voice"


def test_what_did_not_open_is_tried_again_when_the_worker_greets_again_and_complained_of_once() -> None:
    core = make_core(make_state())
    for notes in (["P joined with 1 slot", "P cannot speak Book: unplugged"], []):
        told = said(core.receive(b"p", make_hello("p"), 1.0))
        (grant,) = sent(beat(core, b"p"), Grant)
        told += said(core.receive(b"p", Release(grant.lease, "unplugged", unable=True), 1.0))
        assert told == notes
        assert not sent(beat(core, b"p"), Grant)


def test_one_machine_alone_says_that_a_model_is_not_to_be_had() -> None:
    core = make_core(alone=True)
    core.add_job(make_state(recipe=structs.replace(RECIPE, model="vctk")), "pip install it", "models fetch vctk")
    assert hope(core) == ""
    join(core, b"p", engines=(EngineOffer("metronome", ("*",), ()),))
    assert hope(core) == (
        "The engine metronome does not open on this machine: its model vctk is not here, and none is downloaded "
        "(--offline): models fetch vctk."
    )


# --- latents whose file is lost


def speaking(core: CoordinatorCore, *peers: bytes) -> list[int]:
    """Workers that all speak with the latents that the first of them made; returns their leases."""
    (first,) = sent(begin(core, *peers), Grant)
    beat(core, peers[0], VOICE_FILE, leases=(first.lease,), made=(MADE,), offers=())
    core.receive(peers[0], Piece(MADE.digest, 0, MADE.size), 1.1, MADE_BYTES)
    beat(core, peers[0], VOICE_FILE, KEPT, leases=(first.lease,), offers=())
    return [first.lease, *(sent(beat(core, peer, VOICE_FILE, KEPT), Grant)[0].lease for peer in peers[1:])]


def test_latents_that_are_lost_are_sent_again_by_one_that_speaks_with_them() -> None:
    core = make_core(state := make_state(VOICE_FILE))
    first, second = speaking(core, b"p", b"q")
    outcome = core.lose_latents("job", MADE.digest, 2.0)
    assert [entry.record for entry in outcome.entries] == [LatentsLost(MADE.digest)]
    assert sent(outcome, Revoke, b"q") == [Revoke(second)]
    assert [job.latents for job in sent(outcome, Job, b"p")] == [True]
    assert not sent(beat(core, b"q", VOICE_FILE), Grant)
    outcome = beat(core, b"p", VOICE_FILE, leases=(first,), made=(MADE,), offers=())
    assert sent(outcome, Fetch) == [Fetch(MADE.digest, 0)]
    outcome = core.receive(b"p", Piece(MADE.digest, 0, MADE.size), 2.1, MADE_BYTES)
    assert [entry.frame for entry in outcome.entries] == [MADE_BYTES]
    assert state.latents == LatentsKept(MADE.digest, MADE.size, "p")
    assert sent(beat(core, b"q", VOICE_FILE, KEPT), Grant)


def test_latents_that_are_lost_and_that_nobody_has_are_made_anew_by_one() -> None:
    core = make_core(state := make_state(VOICE_FILE))
    first, second = speaking(core, b"p", b"q")
    for peer in (b"p", b"q"):
        beat(core, peer, VOICE_FILE, leases=(first, second), offers=())
    outcome = core.lose_latents("job", MADE.digest, 2.0)
    assert {revoke.lease for revoke in sent(outcome, Revoke)} == {first, second}
    (grant,) = sent(beat(core, b"p", VOICE_FILE), Grant)
    assert not sent(beat(core, b"q", VOICE_FILE), Grant)
    data = small_tensors(b"others!")
    other = OfferedLatents("job", hashlib.sha256(data).hexdigest(), len(data))
    beat(core, b"p", VOICE_FILE, leases=(grant.lease,), made=(other,), offers=())
    core.receive(b"p", Piece(other.digest, 0, other.size), 2.1, data)
    assert state.latents == LatentsKept(other.digest, other.size, "p")


def test_a_loss_is_noticed_once() -> None:
    core = make_core(make_state(VOICE_FILE))
    speaking(core, b"p")
    assert core.lose_latents("job", MADE.digest, 2.0).entries
    again = core.lose_latents("job", MADE.digest, 2.0)
    assert not again.entries
    assert not said(again)
