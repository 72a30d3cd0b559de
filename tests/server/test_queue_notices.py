"""What is told to a user who is away, and that it is told once."""

from msgspec import structs
from watch_replies import replies, worker

from swarm.lease.envelope import Reason
from swarm.server.notices import GONE_S, OVER_S, STUCK_S, Notices
from swarm.server.queue import BookState, QueuedBook

EMMA = QueuedBook(1, "Emma.epub", title="Emma")
NOBODY = replies(workers=())


def lines(notices: Notices, *books: QueuedBook, now: float = 0.0, reply: object = None) -> list[str]:
    return [news.line for news in notices.take_news(books, reply or replies(), now)]  # type: ignore[arg-type]


def changed(book: QueuedBook, **fields: object) -> QueuedBook:
    return structs.replace(book, **fields)


def test_each_end_of_a_book_is_told_once_with_its_reason() -> None:
    notices = Notices([])
    done = changed(EMMA, state=BookState.FINISHED, ended_s=5.0)
    gaps = changed(EMMA, id=2, state=BookState.FINISHED, ended_s=6.0, why="2 sentences without sound")
    bad = changed(EMMA, id=3, state=BookState.FAILED, ended_s=7.0, why="It is no EPUB.")
    assert lines(notices, EMMA) == []
    news = notices.take_news([done, gaps, bad], replies(), 1.0)
    assert [(each.line, each.kind) for each in news] == [
        ("Emma is finished", "success"),
        ("Emma is finished, 2 sentences without sound", "warning"),
        ("Emma cannot be spoken: It is no EPUB.", "failure"),
    ]
    assert lines(notices, done, gaps, bad, now=2.0) == []
    assert lines(notices, changed(done, ended_s=99.0), now=3.0) == ["Emma is finished"]  # it was mended


def test_a_restart_tells_nothing_again_and_a_first_start_nothing_old() -> None:
    done = changed(EMMA, state=BookState.FINISHED, ended_s=5.0)
    first = Notices(None)
    assert lines(first, done) == []
    assert lines(Notices(first.told), done) == []
    assert lines(Notices([]), done) == ["Emma is finished"]  # it ended just before a kill


def test_a_book_that_waits_is_told_when_it_does_for_long_and_again_only_after_it_went_well() -> None:
    notices, stuck = Notices([]), changed(EMMA, why="The disk is full.")
    assert lines(notices, stuck, now=0.0) == lines(notices, stuck, now=STUCK_S - 1) == []
    assert lines(notices, stuck, now=STUCK_S) == ["Emma cannot go on: The disk is full."]
    assert lines(notices, EMMA, now=STUCK_S + 1) == lines(notices, stuck, now=2 * STUCK_S) == []
    assert lines(notices, stuck, now=3.5 * STUCK_S) == []  # soon again: the same matter
    assert lines(notices, EMMA, now=4 * STUCK_S) == lines(notices, EMMA, now=4 * STUCK_S + OVER_S) == []
    again_s = 5 * STUCK_S + OVER_S
    assert lines(notices, stuck, now=again_s) == []
    assert lines(notices, stuck, now=again_s + STUCK_S) == ["Emma cannot go on: The disk is full."]


def test_a_voice_that_nobody_has_is_told_in_the_words_of_the_status() -> None:
    book, notices = changed(EMMA, job="moby"), Notices([])
    reply = replies(note="no worker here can speak German", reason=Reason("unserved"))
    lines(notices, book, reply=reply)
    assert lines(notices, book, now=STUCK_S, reply=reply) == ["Emma cannot go on: no worker here can speak German"]
    assert lines(Notices([]), changed(book, state=BookState.PAUSED), now=STUCK_S, reply=reply) == []


def test_a_lost_machine_is_told_while_books_wait_but_none_that_left_properly_or_came_back() -> None:
    notices, gone = Notices([]), "attic has been gone for 15 minutes, and books wait"
    for code, name in (("silent", "attic"), ("silent", "cellar"), ("silent", "tower"), ("left", "cellar")):
        notices.note_snapshot(Reason(code, worker=name))
    assert lines(notices, EMMA, now=0.0) == lines(notices, EMMA, now=GONE_S - 1) == []
    assert lines(notices, EMMA, now=GONE_S) == [gone]
    assert lines(notices, EMMA, now=2 * GONE_S) == []
    idle = Notices([])
    idle.note_snapshot(Reason("silent", worker="attic"))
    done = changed(EMMA, state=BookState.FINISHED, ended_s=1.0)
    assert lines(idle, done) == ["Emma is finished"]
    assert lines(idle, done, now=2 * GONE_S) == []


def test_that_no_machine_is_there_is_one_matter() -> None:
    notices = Notices([])
    assert lines(notices, EMMA, reply=NOBODY) == []
    assert lines(notices, EMMA, now=GONE_S, reply=NOBODY) == ["no machine has been here for 15 minutes, and books wait"]
    assert lines(notices, EMMA, now=3 * GONE_S, reply=replies(workers=(worker(),))) == []


def test_a_queue_that_restarts_in_a_loop_tells_once_that_it_stopped() -> None:
    first = Notices([])
    assert [news.line for news in first.stopped("The disk is full.")] == ["the queue has stopped: The disk is full."]
    second = Notices(first.told)
    assert lines(second, EMMA) == []
    assert second.stopped("The disk is full.") == []
    lines(second, EMMA, now=1.0)
    lines(second, EMMA, now=1.0 + OVER_S)
    assert second.stopped("The disk is full.")


def test_a_hostile_title_stays_in_its_line() -> None:
    book = changed(EMMA, title="A\n\x1b[31mB\u2028" + "x" * 500, state=BookState.FINISHED, ended_s=1.0)
    [line] = lines(Notices([]), book)
    assert line.isprintable()
    assert len(line) < 250
