import itertools
import math

import msgspec
import pytest
from msgspec import structs
from watch_replies import replies, worker

from swarm.lease.envelope import Reason
from swarm.lease.member_message import ApplicantRow, QueuedStatus, StandbyStatus
from swarm.lease.message import Figures, SlotStatus, StatusReply
from swarm.watch.view import Estimate, Viewer, job_percent, standing_lines, standing_text, under_way
from swarm.watch.words import CALL_WORKERS


def test_a_book_is_at_100_percent_only_when_nothing_is_left() -> None:
    def shown(*args: int, **how: str | int) -> int:
        return Viewer().make_view(replies(*args, **how)).jobs[0].percent

    assert shown(0) == 0
    assert shown(15) == 50
    assert shown(30) == 99
    assert shown(30, state="writing") == 99
    assert shown(29, missing=1, state="finished") == 99
    assert shown(30, state="finished") == 100


def test_a_book_of_one_chapter_is_as_far_as_its_chapter() -> None:
    (job,) = replies(3, missing=1, chapters=1).jobs
    uneven = structs.replace(job, characters=1000, characters_left=970)
    shown = Viewer().make_view(structs.replace(replies(), jobs=(uneven,))).jobs[0]
    assert shown.percent == shown.chapters[0].percent == 40


def test_all_books_stand_in_one_line() -> None:
    (moby,) = replies(15).jobs
    jobs = moby, structs.replace(moby, title="Emma", accepted=0)
    gone = worker("attic", silent_s=6.0)
    assert standing_text(structs.replace(replies(workers=(worker(), gone)), jobs=jobs)) == (
        "Moby Dick 50 %, Emma 0 %; 1 worker"
    )


def test_a_note_is_told_once_on_a_screen() -> None:
    note = "waiting for a worker: run `e2a-swarm work` on any machine of the swarm"
    (lonely,) = replies(3, workers=(), note=note).jobs
    jobs = lonely, structs.replace(lonely, job="emma"), structs.replace(lonely, job="jane", state="waiting")
    shown = Viewer().make_view(structs.replace(replies(workers=()), jobs=jobs)).jobs
    assert [(job.state, job.note) for job in shown] == [(note, ""), ("waiting", ""), ("waiting", "")]
    assert Viewer().make_view(replies(3, note=note)).jobs[0].note == note


def test_advice_that_stands_above_is_not_given_again() -> None:
    reply = replies(state="waiting", workers=(), reason=Reason("no worker"))
    viewer = Viewer()
    viewer.note_line("tower joined with 1 slot")
    assert viewer.make_view(reply).jobs[0].state == f"waiting for a worker: {CALL_WORKERS}"
    viewer.note_line(f"waiting for workers at 127.0.0.1:5847: {CALL_WORKERS}")
    assert viewer.make_view(reply).jobs[0].state == "waiting for a worker"


def test_a_job_that_waits_for_nothing_does_not_claim_to_wait() -> None:
    assert Viewer().make_view(replies(state="waiting")).jobs[0].state == "nothing is being spoken"


def test_missing_sentences_are_named_as_soon_as_they_are_set_aside() -> None:
    assert Viewer().make_view(replies(14, missing=1)).jobs[0].spoken == "14 of 30 sentences (1 set aside)"
    done = Viewer().make_view(replies(29, missing=1, state="finished")).jobs[0]
    assert done.state == "finished, 1 sentence missing"


def test_the_chapters_shown_are_those_begun_or_held() -> None:
    reply = replies(14, workers=(worker("a", SlotStatus(0, "speaking", "moby", 2, 3)),))
    assert [(c.title, c.percent) for c in Viewer().make_view(reply).jobs[0].chapters] == [("Part 2", 40), ("Part 3", 0)]
    assert under_way(replies(30, state="writing").jobs[0], ()) == []


def test_a_slot_that_names_an_unknown_chapter_or_job_breaks_nothing() -> None:
    slots = SlotStatus(0, "speaking", "moby", 99), SlotStatus(1, "speaking", "other", 5)
    view = Viewer().make_view(replies(workers=(worker("a", *slots),)))
    assert view.workers[0].doing == "Moby Dick: chapter 100 and 1 more"


def test_what_a_worker_does() -> None:
    for states, doing in [
        (("idle",), "idle"),
        (("loading", "idle"), "loading the voice"),
        (("waiting",), "waiting to send"),
        (("loading", "speaking"), "Part 1"),
    ]:
        slots = [SlotStatus(n, state, "moby" if state == "speaking" else "") for n, state in enumerate(states)]
        assert Viewer().make_view(replies(workers=(worker("a", *slots),))).workers[0].doing == doing


def test_a_silent_worker_is_called_silent_whatever_it_did_last() -> None:
    assert Viewer().make_view(replies(workers=(worker("a", silent_s=7.0),))).workers[0].doing == "silent for 7 s"


def test_speed_is_the_sum_of_the_slots_that_speak() -> None:
    slots = [
        SlotStatus(n, state, "moby", 0, 0, 1, 100.0, 20.0) for n, state in enumerate(("speaking", "speaking", "idle"))
    ]
    view = Viewer().make_view(replies(workers=(worker("a", *slots), worker("b"))))
    assert (view.workers[0].speed, view.workers[1].speed, view.speed) == ("40x", "12x", "52x")


def test_no_time_left_is_claimed_where_nothing_is_known_or_nothing_is_spoken() -> None:
    for reply in (replies(eta_s=None), replies(state="writing", eta_s=None), replies(state="waiting")):
        assert Viewer().make_view(reply).jobs[0].eta == ""
    for stage in ("speaking", "writing"):
        assert Viewer().make_view(replies(state=stage, eta_s=240.0)).jobs[0].eta == "about 4 min"


def test_the_time_left_is_a_range_while_its_end_moves() -> None:
    viewer = Viewer()
    for moment in range(300):  # the end moves from 540 s to 800 s, as on a machine that others use
        drawn = viewer.make_view(replies(elapsed_s=moment, eta_s=540.0 + 260 * moment / 300 - moment))
    assert drawn.jobs[0].eta == "6 to 11 min"  # 500 s: an end that has moved by a third moves on
    for moment in range(300, 700):
        drawn = viewer.make_view(replies(elapsed_s=moment, eta_s=800.0 - moment))
    assert drawn.jobs[0].eta == "about 2 min"


def test_the_percent_of_a_book_counts_its_encoding() -> None:
    (job,) = replies(30, state="writing").jobs
    for encoded, percent in ((None, 99), (0.0, 90), (0.5, 95), (1.0, 99)):
        assert job_percent(structs.replace(job, encoded=encoded)) == percent


def test_an_estimate_that_jumps_is_settled_and_one_that_stays_is_believed() -> None:
    estimate = Estimate()
    assert estimate.smooth(600.0, 200.0) == 600.0  # the job has run for a while
    shown = [estimate.smooth(600.0 - t + (300.0 if t % 2 else -300.0), 200.0 + t) for t in range(1, 100)]
    assert all(abs(value - (600.0 - t)) < 60 for t, value in enumerate(shown, 1) if value is not None)

    for t in range(100, 300):
        settled = estimate.smooth(2000.0, 200.0 + t)
    assert settled == pytest.approx(2000.0, rel=0.05)


def reckoned(elapsed_s: float) -> float:
    """Return the time left of a short book whose first clip was one word, spoken while the engine started."""
    slow_start = 2100.0 * math.exp(-elapsed_s / 0.4)
    return max(0.0, 20.0 - elapsed_s) + slow_start


def test_a_first_estimate_that_is_far_too_long_is_soon_forgotten() -> None:
    estimate = Estimate()
    moments = [moment / 4 for moment in range(80)]
    shown = {moment: estimate.smooth(reckoned(moment), moment) for moment in moments}
    for moment, left_s in shown.items():
        assert left_s is not None
        assert 0.399 <= left_s / reckoned(moment) <= 2.501
        if moment >= 5:
            assert 0.5 <= left_s / reckoned(moment) <= 2


def test_the_estimate_of_a_long_book_does_not_jump_about() -> None:
    estimate = Estimate()
    shown = []
    for moment in range(600):
        jitter = 1.3 if moment % 3 else 0.7
        shown.append(estimate.smooth((36_000.0 - moment) * jitter, float(moment)))
    steps = [abs(after - before) for before, after in itertools.pairwise(shown) if before and after]
    assert len(steps) == 599
    assert max(steps[200:]) < 0.03 * 36_000


def test_all_views_agree_on_the_time_left_soon_after_the_start() -> None:
    seen, told = Viewer(), [replies(elapsed_s=moment / 4, eta_s=240 + reckoned(moment / 4)) for moment in range(40)]
    for reply in told:
        drawn = seen.make_view(reply)
    assert drawn.jobs[0].eta == Viewer().make_view(told[-1]).jobs[0].eta == "about 4 min"


def test_an_estimate_starts_afresh_after_a_time_without_one() -> None:
    estimate = Estimate()
    estimate.smooth(600.0, 0.0)
    assert estimate.smooth(None, 1.0) is None
    assert estimate.smooth(50.0, 2.0) == 50.0
    assert estimate.smooth(0.0, 1000.0) == pytest.approx(0.0, abs=1e-6)


def test_the_same_reply_makes_the_same_view() -> None:
    viewer = Viewer()
    first = viewer.make_view(replies(5, elapsed_s=60.0))
    again = msgspec.json.decode(msgspec.json.encode(replies(5, elapsed_s=60.2)), type=StatusReply)
    assert viewer.make_view(again) == first


def test_who_downloads_a_model_says_how_far_it_is() -> None:
    slots = SlotStatus(0, "loading", "moby", note="downloading XTTS v2, 43 %"), SlotStatus(1, "loading", "moby")
    (shown,) = Viewer().make_view(replies(workers=(worker("a", *slots),))).workers
    assert shown.doing == "downloading XTTS v2, 43 %"


def test_the_line_that_helps_is_not_cut_off() -> None:
    note = (
        f"no worker here can speak it ({'one reason after another ' * 12}); on a machine that shall speak it: this line"
    )
    reply = replies(state="waiting", note=note, workers=(worker(note=note),))
    view = Viewer().make_view(reply)
    assert view.jobs[0].state.endswith(": this line")
    assert view.workers[0].note.endswith(": this line")
    endless = replies(note="x" * 2000).jobs
    assert len(Viewer().make_view(structs.replace(reply, jobs=endless)).jobs[0].note) == 1000


def test_status_says_what_each_worker_is_doing() -> None:
    busy, idle = worker("tower"), worker("old-laptop", SlotStatus(0, "idle"), device="cpu", note="espeak: not here")
    assert standing_lines(replies(14, workers=(busy, idle)), "127.0.0.1:5847") == [
        "laptop at 127.0.0.1:5847 (version 0.1.0)",
        "  Moby Dick: 46 %, 14 of 30 sentences, speaking, about 2 min left",
        "    100 %  Part 1",
        "     40 %  Part 2",
        "  tower       cuda:0  12x  Part 1",
        "  old-laptop  cpu       -  idle (espeak: not here)",
        "  2 workers, 12x real time together",
    ]


def test_status_shows_the_tag_of_a_worker_with_its_name() -> None:
    tagged = structs.replace(worker("node-7"), tag="spot\x1b[31m")
    assert standing_lines(replies(14, workers=(tagged,)), "")[-1].startswith("  node-7 [spot")
    assert "\x1b" not in standing_lines(replies(14, workers=(tagged,)), "")[-1]


def test_status_of_a_coordinator_alone_says_how_to_start_a_worker() -> None:
    lines = standing_lines(replies(state="waiting", workers=(), note="waiting for 2 more workers"))
    assert lines[0] == "laptop (version 0.1.0)"
    assert lines[1] == "  Moby Dick: 0 %, 0 of 30 sentences, waiting for 2 more workers"
    assert lines[-1] == "  no worker yet; start one with: e2a-swarm work"


def test_status_says_what_each_gpu_is_at_and_nothing_where_its_driver_tells_nothing() -> None:
    known = Figures("cuda:0", 87, 5_200_000_000, 24_000_000_000, 71)
    tower = structs.replace(worker("tower"), figures=(known, Figures("cuda:1", 0), Figures("cuda:2")))
    assert standing_lines(replies(workers=(tower,)))[-3:] == [
        "  tower  cuda:0  12x  Part 1",
        "    cuda:0: 87 % busy, 5.2 GB of 24 GB, 71 C",
        "    cuda:1: 0 % busy",
    ]


def test_status_cuts_long_titles_and_keeps_columns_of_wide_letters_straight() -> None:
    reply = replies(14, workers=(worker("机器"), worker("tower")))
    long = structs.replace(reply, jobs=tuple(structs.replace(job, title="On " * 60) for job in reply.jobs))
    lines = standing_lines(long)
    assert lines[1].startswith("  On On On")
    assert "...: 46 %" in lines[1]
    assert len(lines[1].partition(":")[0]) <= 62
    assert lines[-3:-1] == ["  机器   cuda:0  12x  Part 1", "  tower  cuda:0  12x  Part 1"]


def test_status_counts_the_books_of_a_queue_that_a_reply_had_no_room_for() -> None:
    queue = (QueuedStatus(1, "Emma", "finished", files=("/out/Emma.m4b",)), QueuedStatus(2, "Persuasion", "waiting"))
    lines = standing_lines(structs.replace(replies(14), queue=queue, more_waiting=4000))
    assert lines[4:8] == [
        "  queue: 4001 books to speak",
        "      2  Persuasion: waiting",
        "         and 4000 more that wait",
        "      1  Emma: finished, /out/Emma.m4b",
    ]


def test_status_cuts_a_long_path_in_its_middle_on_a_terminal_only() -> None:
    path = f"/srv/audiobooks/{'series/' * 12}Emma.m4b"
    reply = structs.replace(replies(14), queue=(QueuedStatus(1, "Emma", "finished", files=(path,)),))
    [whole] = [line for line in standing_lines(reply) if "finished" in line]
    assert whole.endswith(path)
    [cut] = [line for line in standing_lines(reply, columns=80) if "finished" in line]
    assert len(cut) == 80
    assert "/srv/audiobooks/" in cut and "..." in cut and cut.endswith("/Emma.m4b")


def test_status_says_the_same_of_a_book_in_its_line_and_in_the_queue() -> None:
    reply = replies(14)
    queue = (QueuedStatus(1, "Emma", "waiting", job=reply.jobs[0].job), QueuedStatus(2, "Persuasion", "waiting"))
    lines = standing_lines(structs.replace(reply, queue=queue))
    assert lines[5:7] == ["      1  Emma: speaking", "      2  Persuasion: waiting"]


def test_status_says_how_far_each_standby_is_behind() -> None:
    standbys = (
        StandbyStatus("tower", lag_s=1.2),
        StandbyStatus("attic", behind=1200),
        StandbyStatus("shed", lag_s=90.0, silent_s=90.0),
    )
    assert standing_lines(structs.replace(replies(), standbys=standbys))[-3:] == [
        "  standby tower: 1 s behind",
        "  standby attic: copying, 1200 records behind",
        "  standby shed: away for 1 min 30 s",
    ]


def test_status_names_the_machines_that_wait_for_approval() -> None:
    waiting = (ApplicantRow("guest\x1b[2J", "0123456789abcdef"),)
    assert standing_lines(structs.replace(replies(), waiting=waiting))[-1] == (
        "  guest [2J (fingerprint 0123456789abcdef) waits: `e2a-swarm members approve 0123456789abcdef` lets it in"
    )
