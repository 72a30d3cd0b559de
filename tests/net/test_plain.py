from typing import Any

from swarm.job.spec import Recipe
from swarm.lease import message as m
from swarm.lease.envelope import Hindrance, NotLeasing, Reason, Resting
from swarm.net.wire import pack, plain, unpack_from_coordinator, unpack_from_worker

STEERING = ("\x1b[2J\x1b]0;owned\x07", "\x9b31m", "\x85", "\x7f", "\r\n", "\u202e", "\u2028", "\u2066")


def texts_of(value: Any) -> str:
    """Return every text of a message, one after the other, as it is."""
    assert value is not None
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "|".join(map(texts_of, value))
    fields = getattr(value, "__struct_fields__", ())
    return "|".join(texts_of(held) for name in fields if (held := getattr(value, name)) is not None)


def test_no_text_of_a_peer_steers_a_terminal() -> None:
    for ill in STEERING:
        from_worker: list[m.FromWorker] = [
            m.Hello(
                "w" + ill,
                ill,
                "at" + ill,
                "1",
                (m.EngineOffer(ill, (ill,), (ill,)),),
                (m.Device(ill, ill),),
                2,
                m.PROTOCOL,
            ),
            m.Heartbeat(
                (m.SlotReport(0, "idle", note=ill),), resting=(Resting(0, Hindrance(NotLeasing.LOST, "a" + ill)),)
            ),
            m.Release(7, ill),
            m.Failed("job", 0, 1, 2, ill, ill),
        ]
        from_coordinator: list[m.FromCoordinator] = [
            m.Welcome(ill, 3, ill, 1.0, 8, 65536),
            m.Refused(Reason("other protocol", coordinator=ill)),
            m.Job("job", "Moby" + ill, Recipe("metronome", "tick", "en")),
            m.Done(missing=Reason("lacks model", title=ill, files=(ill,))),
            m.StatusReply(
                ill,
                ill,
                ill,
                3,
                (),
                (m.WorkerStatus("w", ill, ill, (m.SlotStatus(0, ill, note=ill),), 0.5, 0, note=ill),),
            ),
        ]
        for sent in from_worker:
            assert ill not in texts_of(unpack_from_worker(pack(sent)))
        for told in from_coordinator:
            assert ill not in texts_of(unpack_from_coordinator(pack(told)))


def test_what_is_spoken_and_what_keys_are_made_of_stays_as_it_is() -> None:
    odd = "a\u2028b\u0085 \x1b"
    grant = m.Grant(7, "job", 0, 1, (m.Line(0, odd, 0),))
    assert unpack_from_coordinator(pack(grant)) == grant
    job = m.Job("job", "T", Recipe("metronome", "tick", "en", "", (("name", odd),)))
    assert unpack_from_coordinator(pack(job)) == job


def test_words_of_all_scripts_stay_as_they_are() -> None:
    for name in ("می\u200cخواهم", "Ångström, 第一章", "👩\u200d🚀", "two  spaces"):
        assert plain(m.Release(7, name)) == m.Release(7, name)
