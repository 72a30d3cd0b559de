from msgspec import structs
from watch_replies import replies, worker

from swarm.lease.member_message import ApplicantRow, QueuedStatus, StandbyStatus
from swarm.lease.message import SlotStatus
from swarm.lease.offer import Figures
from swarm.watch.view import standing_lines


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
