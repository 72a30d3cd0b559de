import json
from collections.abc import Iterable
from typing import Any

import msgspec

from swarm.audiobook.report import (
    HeardSentence,
    ReportedSentence,
    ReportExtra,
    closing_lines,
    file_lines,
    heard_at,
    locate,
    read_reported,
    rewriting,
    sound_files,
)
from swarm.audiobook.report import make_report as make_row
from swarm.audiobook.sound.reel import Cue
from swarm.book.model.book import Chapter, Cover, Pause, Segment, Unspoken, pack_words
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    JobFinished,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
    WorkerSeen,
)
from swarm.job.run import RunStats
from swarm.job.spec import BookFacts, JobSpec, Recipe

BEGAN_S = 1_700_000_000.0


def make_report(spec: JobSpec, records: Iterable[AnyRecord], extra: ReportExtra) -> dict[str, Any]:
    """Return the report as a reader of its file sees it."""
    report: dict[str, Any] = json.loads(msgspec.json.encode(make_row(spec, records, extra)))
    return report


def spec(*texts: tuple[str, ...]) -> JobSpec:
    chapters = tuple(
        Chapter(f"Part {number}", tuple(Segment(text, Pause.SENTENCE) for text in each))
        for number, each in enumerate(texts, 1)
    )
    book = BookFacts("Emma", ("Jane Austen",), "en", year="1815", cover=Cover(b"\xff\xd8", "image/jpeg"))
    recipe = Recipe("hibari", "heart", "en", settings=(("speed", 1.0),))
    return JobSpec("emma-1", "/books/emma.epub", book, recipe, chapters, created_s=BEGAN_S - 5)


def clip(place: tuple[int, int], accepted_s: float, work_s: float = 2.0, take: int = 0, **how: object) -> ClipAccepted:
    return ClipAccepted(
        chapter=place[0],
        index=place[1],
        take=take,
        key=str(how.get("key", f"{place[0]:016}{place[1]:016}")),
        samples=48_000,
        sample_rate=24_000,
        digest="0" * 64,
        bytes=1000,
        worker=str(how.get("worker", "w1")),
        work_s=work_s,
        started_s=BEGAN_S + accepted_s - work_s,
        accepted_s=BEGAN_S + accepted_s,
        reused=bool(how.get("reused", False)),
        takes=int(str(how.get("takes", 1))),
        doubt=str(how.get("doubt", "")),
        words=pack_words(how.get("words", ())),  # type: ignore[arg-type]
    )


JOB = spec(("Emma Woodhouse.", "Handsome, clever, and rich."), ("The end.",))
WHOLE: list[AnyRecord] = [
    RunStarted(1, BEGAN_S),
    WorkerSeen("w1", "tower", "cuda:0"),
    WorkerSeen("w2", "laptop", "cpu"),
    clip((0, 0), 3.0),
    SegmentFailed(0, 1, "w2", "silent", "no sound"),
    clip((0, 1), 6.0, take=1),
    clip((1, 0), 7.0, work_s=4.0, worker="w2"),
    JobFinished(BEGAN_S + 8, ("/out/Emma.m4b",)),
]


def test_a_worker_whose_clips_took_no_time_has_no_speed() -> None:
    (worker,) = make_report(JOB, [RunStarted(1, BEGAN_S), clip((0, 0), 3.0, work_s=0.0)], ReportExtra())["workers"]
    assert (worker["segments"], worker["speed_chars_s"]) == (1, None)


def test_a_finished_book() -> None:
    report = make_report(
        JOB,
        WHOLE,
        ReportExtra(run_stats=RunStats(duplicates=1, idle_s={"w1": 0.5}, energy_j={"w1": 5400.0}), duration_s=9.0),
    )
    assert report["files"] == ["/out/Emma.m4b"]
    assert (
        report["totals"].items()
        >= {
            "segments": 3,
            "spoken": 3,
            "missing": 0,
            "characters": 15 + 27 + 8,
            "audio_s": 6.0,
            "work_s": 8.0,
            "makespan_s": 6.0,
            "first_grant_s": 1.0,
            "last_accept_s": 7.0,
            "clips_received": 4,
            "duplicates": 1,
            "reissued": 0,
            "retakes": 1,
            "bytes": 3000,
            "energy_wh": 1.5,
        }.items()
    )
    assert report["workers"] == [
        {
            "id": "w1",
            "name": "tower",
            "device": "cuda:0",
            "speed_chars_s": 10.5,
            "segments": 2,
            "work_s": 4.0,
            "idle_s": 0.5,
            "wasted_s": 0.0,
            "energy_wh": 1.5,
            "check_s": 0.0,
            "outvoted": 0,
        },
        {
            "id": "w2",
            "name": "laptop",
            "device": "cpu",
            "speed_chars_s": 2.0,
            "segments": 1,
            "work_s": 4.0,
            "idle_s": 0.0,
            "wasted_s": 0.0,
            "energy_wh": None,
            "check_s": 0.0,
            "outvoted": 0,
        },
    ]
    assert report["segments"][1] == {
        "chapter": 1,
        "sentence": 2,
        "id": "1:2",
        "text": "Handsome, clever, and rich.",
        "file": "",
        "at_s": None,
        "end_s": None,
        "characters": 27,
        "worker": "w1",
        "work_s": 2.0,
        "audio_s": 2.0,
        "takes": 2,
        "attempts": 2,
        "started_s": 4.0,
        "accepted_s": 6.0,
    }
    assert report["missing"] == report["unspoken"] == []


def test_each_sentence_and_each_chapter_has_its_time_and_is_counted_as_commands_count() -> None:
    times = {(0, 0): (0.02, 1.5), (0, 1): (1.7, 3.2), (1, 0): (4.00004, 6.0)}
    heard = {place: HeardSentence("Emma.m4b", *span) for place, span in times.items()}
    report = make_report(JOB, WHOLE, ReportExtra(heard=heard, options=("--output-format=mp3",)))
    assert (report["version"], report["options"]) == (2, ["--output-format=mp3"])
    assert report["chapters"] == [
        {"chapter": 1, "title": "Part 1", "sentences": 2, "file": "Emma.m4b", "at_s": 0.02, "end_s": 3.2},
        {"chapter": 2, "title": "Part 2", "sentences": 1, "file": "Emma.m4b", "at_s": 4.0, "end_s": 6.0},
    ]
    rows = [(row["id"], row["text"], row["at_s"]) for row in report["segments"]]
    assert rows == [
        ("1:1", "Emma Woodhouse.", 0.02),
        ("1:2", "Handsome, clever, and rich.", 1.7),
        ("2:1", "The end.", 4.0),
    ]


def test_words_have_their_times_in_the_file_as_far_as_they_are_known() -> None:
    heard = {(0, 0): HeardSentence("Emma.m4b", 10.0, 12.0), (0, 1): HeardSentence("Emma.m4b", 13.0, 15.0)}
    times = ((0, 0.0), (5, 0.5))
    records = [RunStarted(1, BEGAN_S), clip((0, 0), 3.0, words=times), clip((0, 1), 4.0)]
    rows = make_rows(records, heard)
    assert rows[0]["words"] == [[0, 10.0], [5, 10.5]]
    assert "words" not in rows[1]
    said = [*records, SegmentReworded(0, 0, "Emma of Woodhouse."), clip((0, 0), 5.0, words=((0, 0.1), (8, 0.9)))]
    assert make_rows(said, heard)[0]["words"] == [[0, 10.1], [5, 10.9]]
    assert "words" not in make_rows(records, {})[0]  # there is no audiobook


def make_rows(records: list[AnyRecord], heard: dict[tuple[int, int], HeardSentence]) -> list[dict[str, Any]]:
    report = msgspec.json.encode(make_report(JOB, records, ReportExtra(heard=heard)))
    rows: list[dict[str, Any]] = msgspec.json.decode(report)["segments"]
    return rows


def test_persons_have_their_sentences_and_voices_and_what_the_user_gave_them() -> None:
    says = (("Ann", "tock"), ("Bert", "tick"), ("Ann", "tock"), ("", ""))
    told = tuple(Segment("Ja.", Pause.SENTENCE, voice=voice, speaker=name) for name, voice in says)
    job = msgspec.structs.replace(JOB, chapters=(Chapter("Part 1", told),))
    mends = [
        SegmentReworded(0, 1, "⟦|@tock⟧Ja.", "Ann", given=True),
        SegmentReworded(0, 1, "⟦|@tock⟧Jo."),
        SegmentReworded(0, 2, "Ja.", "narrator", given=True),
    ]
    report = make_report(job, [RunStarted(1, BEGAN_S), *mends], ReportExtra())
    assert report["cast"] == [
        {"name": "Ann", "voice": "tock", "sentences": 2, "given": ["1:2"]},
        {"name": "narrator", "voice": "", "sentences": 1, "given": ["1:3"]},
    ]
    assert [(row.get("speaker"), row.get("said")) for row in report["segments"]] == [
        ("Ann", None), ("Ann", "Jo."), (None, None), (None, None),
    ]  # fmt: skip
    assert make_report(JOB, WHOLE, ReportExtra())["cast"] == []


def test_a_sentence_that_another_engine_speaks_names_it() -> None:
    told = (Segment("Ja.", Pause.SENTENCE, voice="guest:de;piper;piper:de_DE-thorsten-medium;thorsten"),)
    job = msgspec.structs.replace(JOB, chapters=(*JOB.chapters, Chapter("Part 3", told)))
    *others, last = make_report(job, WHOLE, ReportExtra())["segments"]
    assert (last["engine"], last["language"]) == ("piper", "de")
    assert not any("engine" in row or "language" in row for row in others)


def test_it_is_json_and_leaves_the_cover_out() -> None:
    report = make_report(JOB, WHOLE, ReportExtra())
    assert report["book"]["title"] == "Emma"
    assert report["book"]["authors"] == ["Jane Austen"]
    assert "cover" not in report["book"]
    assert report["recipe"]["settings"] == {"speed": 1.0}


def test_missing_sentences_are_named_with_why() -> None:
    records = [RunStarted(1, BEGAN_S), clip((0, 0), 3.0), SegmentFailed(0, 1, "w1", "error", "boom")]
    report = make_report(JOB, [*records, SegmentQuarantined(0, 1, "failed on 3 workers: boom")], ReportExtra())
    named = [(row["title"], row["id"], row["text"], row["reason"]) for row in report["missing"]]
    assert named == [
        ("Part 1", "1:2", "Handsome, clever, and rich.", "failed on 3 workers: boom"),
        ("Part 2", "2:1", "The end.", "not spoken yet"),
    ]
    assert report["totals"]["missing"] == 2
    assert (report["segments"][1]["attempts"], report["segments"][1]["accepted_s"]) == (1, None)


def test_a_clip_that_was_lost_is_missing_until_it_is_spoken_again() -> None:
    lost = [RunStarted(1, BEGAN_S), clip((1, 0), 3.0), ClipDiscarded(1, 0, "gone")]
    assert make_report(JOB, lost, ReportExtra())["totals"]["spoken"] == 0
    assert make_report(JOB, [*lost, clip((1, 0), 9.0)], ReportExtra())["segments"][2]["accepted_s"] == 9.0


def test_time_taken_leaves_out_the_night_between_two_runs() -> None:
    night_s = 30_000.0
    records = [
        RunStarted(1, BEGAN_S),
        clip((0, 0), 3.0),
        RunStarted(2, BEGAN_S + night_s),
        clip((0, 1), night_s + 4),
        clip((1, 0), night_s + 5),
        JobFinished(BEGAN_S + night_s + 6, ("Emma.m4b",)),
    ]
    totals = make_report(JOB, records, ReportExtra())["totals"]
    assert totals["elapsed_s"] == 3.0 + 6.0
    assert totals["runs"] == 2
    assert totals["last_accept_s"] == night_s + 5


def test_a_clock_that_is_set_back_between_two_runs_makes_no_time_negative() -> None:
    back_s = -3600.0
    records = [
        RunStarted(1, BEGAN_S),
        clip((0, 0), 3.0),
        RunStarted(2, BEGAN_S + back_s),
        clip((0, 1), back_s + 4),
        clip((1, 0), back_s + 5),
        JobFinished(BEGAN_S + back_s + 6, ("Emma.m4b",)),
    ]
    report = make_report(JOB, records, ReportExtra(run_stats=RunStats(first_grant_s=BEGAN_S + 1)))
    totals = report["totals"]
    assert (totals["first_grant_s"], totals["last_accept_s"], totals["makespan_s"]) == (1.0, 3.0 + 5.0, 7.0)
    assert totals["elapsed_s"] == 3.0 + 6.0
    assert all(row["accepted_s"] > 0 for row in report["segments"])


def test_a_run_that_spoke_nothing_is_no_run() -> None:
    records: list[AnyRecord] = [
        RunStarted(1, BEGAN_S),
        RunStarted(2, BEGAN_S + 100),
        *(clip((0, index), 103.0 + index) for index in range(2)),
        clip((1, 0), 106.0),
        RunStarted(3, BEGAN_S + 200),
        JobFinished(BEGAN_S + 250, ("Emma.m4b",)),
    ]
    report = make_report(JOB, records, ReportExtra())
    assert (report["totals"]["runs"], report["totals"]["elapsed_s"]) == (1, 6.0)
    assert closing_lines(report)[-1] == "6 s of sound in 6 s, 1.0x real time, 3 of 3 sentences spoken"


def test_where_only_the_file_was_made_again_no_speed_of_an_earlier_run_is_told() -> None:
    again = [*WHOLE, RunStarted(2, BEGAN_S + 100), JobFinished(BEGAN_S + 102, ("Emma.flac",))]
    report = make_report(JOB, again, ReportExtra(duration_s=77.0))
    assert report["totals"]["elapsed_s"] == 8.0
    assert rewriting(JOB, again) == "written again in 2 s; nothing had to be spoken"
    line = "1 min 17 s of sound written again in 2 s; nothing had to be spoken"
    assert closing_lines(report, rewriting(JOB, again)) == ["Emma.flac", line]
    gap = [again[0], *again[3:4], *again[-3:]]
    lines = closing_lines(make_report(JOB, gap, ReportExtra()), rewriting(JOB, gap))
    assert lines[1] == "2 s of sound written again in 2 s; nothing was spoken"


def test_a_book_that_was_spoken_but_not_written_is_not_written_again() -> None:
    later = [*WHOLE[:-1], RunStarted(2, BEGAN_S + 100), JobFinished(BEGAN_S + 105, ("Emma.m4b",))]
    assert rewriting(JOB, later) == "written in 5 s; nothing had to be spoken"


def test_a_run_that_mended_a_sentence_has_its_own_figures_and_not_those_of_all_runs() -> None:
    redone = [RunStarted(2, BEGAN_S + 100), clip((1, 0), 106.0, take=4), JobFinished(BEGAN_S + 109, ("Emma.m4b",))]
    assert rewriting(JOB, [*WHOLE, *redone]) == "written again in 9 s; 1 sentence spoken"


def test_the_run_that_spoke_the_book_has_the_figures_of_all_runs() -> None:
    night = [*WHOLE[:3], RunStarted(2, BEGAN_S + 100), clip((1, 0), 106.0), JobFinished(BEGAN_S + 109, ("Emma.m4b",))]
    known = [RunStarted(1, BEGAN_S), clip((0, 0), 0.1, work_s=0.0, reused=True, worker="")]
    for records in (WHOLE, night, known, []):
        assert rewriting(JOB, records) == ""


def test_a_text_that_recurs_is_not_known_from_an_earlier_job() -> None:
    twins: list[AnyRecord] = [
        RunStarted(1, BEGAN_S),
        clip((0, 0), 3.0),
        clip((0, 1), 3.0, key=clip((0, 0), 3.0).key, work_s=0.0, reused=True),
        clip((1, 0), 4.0),
    ]
    report = make_report(JOB, twins, ReportExtra())
    assert (report["totals"]["reused"], report["totals"]["known"]) == (1, 0)
    assert closing_lines(report) == ["6 s of sound in 4 s, 1.5x real time, 3 of 3 sentences spoken"]


def test_no_speed_is_claimed_where_much_was_known_from_an_earlier_job() -> None:
    known: list[AnyRecord] = [
        RunStarted(1, BEGAN_S),
        clip((0, 0), 0.1, work_s=0.0, reused=True, worker=""),
        clip((0, 1), 4.0),
    ]
    report = make_report(JOB, [*known, clip((1, 0), 5.0)], ReportExtra())
    line = "6 s of sound in 5 s, 3 of 3 sentences spoken, 1 known from an earlier job"
    assert closing_lines(report) == [line]
    little = spec(tuple("abcdefghij"))
    few = [*known, *(clip((0, index), 4.0) for index in range(2, 10))]
    assert "5.0x real time" in closing_lines(make_report(little, few, ReportExtra()))[0]


def test_clips_known_from_before_are_nobodys_work() -> None:
    records = [RunStarted(1, BEGAN_S), clip((0, 0), 0.1, work_s=0.0, reused=True, worker="")]
    report = make_report(JOB, records, ReportExtra())
    assert report["totals"]["reused"] == 1
    assert report["totals"]["first_grant_s"] is None
    assert report["workers"] == []
    assert report["segments"][0]["attempts"] == 0


def test_a_job_that_never_began() -> None:
    totals = make_report(JOB, [], ReportExtra())["totals"]
    assert (totals["spoken"], totals["missing"], totals["makespan_s"], totals["elapsed_s"]) == (0, 3, None, 0.0)


def test_the_closing_lines_of_a_whole_book() -> None:
    assert closing_lines(make_report(JOB, WHOLE, ReportExtra(duration_s=80.0))) == [
        "/out/Emma.m4b",
        "1 min 20 s of sound in 8 s, 10x real time, 3 of 3 sentences spoken, 1 spoken again",
    ]


def test_of_many_files_what_holds_the_whole_book_is_named_and_the_rest_counted_by_folder() -> None:
    chapters = [f"/out/Emma/{number:02} - Part.{kind}" for kind in ("m4b", "srt") for number in range(1, 8)]
    whole = ["/out/Emma.m4b", "/out/Emma.vtt", "/out/Emma.read-along.epub"]
    assert file_lines([whole[0], *chapters, *whole[1:]]) == [*whole, "14 files in /out/Emma"]
    for folder in ("/out/Emma/", "s3://books/Emma/", "C:\\Books\\Emma\\"):
        assert file_lines([f"{folder}{number:02}.mp3" for number in range(1, 14)]) == [f"13 files in {folder[:-1]}"]


def test_the_closing_lines_name_what_the_book_lacks() -> None:
    chapter = Chapter("Part 1", (Segment("Hello.", Pause.SENTENCE),), (Unspoken(0, "你好", "no Latin letters"),))
    job = spec(*[("x",)] * 12)
    lacking = JobSpec("j", "b.epub", job.book, job.recipe, (chapter, *job.chapters[1:]), BEGAN_S)
    records = [RunStarted(1, BEGAN_S), clip((0, 0), 3.0), SegmentQuarantined(1, 0, "silent on 3 workers\x1b[2J")]
    lines = closing_lines(make_report(lacking, records, ReportExtra()))
    assert "11 sentences missing from the audiobook:" in lines
    assert '  Part 2: "x" (silent on 3 workers [2J)' in lines
    assert "  and 1 more, all of them in the report" in lines
    assert lines[-2:] == [
        "1 sentence left as a pause, for this voice cannot speak it:",
        '  Part 1: "你好" (no Latin letters)',
    ]


def test_a_long_caution_is_told_with_its_end_which_is_the_remedy() -> None:
    caution = f"the voice cannot be fetched from {'a/long/path/' * 30}: e2a-swarm models fetch kokoro"
    book = msgspec.structs.replace(spec(("x",)).book, cautions=(caution,))
    report = make_report(msgspec.structs.replace(spec(("x",)), book=book), [RunStarted(1, BEGAN_S)], ReportExtra())
    assert caution in closing_lines(report)


def test_doubtful_sentences_are_named_and_takes_counted() -> None:
    doubt = "9.0 s, where 1.0 s are usual"
    again = clip((0, 0), 3.0, take=1, takes=2)
    report = make_report(JOB, [RunStarted(1, BEGAN_S), again, clip((1, 0), 7.0, takes=3, doubt=doubt)], ReportExtra())
    assert [row["takes"] for row in report["segments"]] == [2, 0, 3]
    assert report["totals"].items() >= {"retakes": 3, "doubtful": 1}.items()
    assert [(row["text"], row["reason"]) for row in report["doubtful"]] == [("The end.", doubt)]
    assert "1 sentence may sound wrong, also when spoken again:" in closing_lines(report)


def test_what_redo_speaks_is_counted_once_each_time() -> None:
    redo = [ClipDiscarded(0, 0, "to be spoken again", retake) for retake in (3, 6)]
    records = [RunStarted(1, BEGAN_S), clip((0, 0), 1.0), redo[0], clip((0, 0), 2.0, take=3), redo[1]]
    report = make_report(JOB, [*records, clip((0, 0), 3.0, take=7)], ReportExtra())
    assert report["segments"][0]["takes"] == 4  # the last time a second take was needed
    assert report["totals"]["retakes"] == 3


def test_the_first_grant_is_the_earliest_that_is_known() -> None:
    for first_grant_s in [BEGAN_S + 0.25, None]:
        totals = make_report(JOB, WHOLE, ReportExtra(run_stats=RunStats(first_grant_s=first_grant_s)))["totals"]
        assert totals["first_grant_s"] == (1.0 if first_grant_s is None else 0.25)


def row(number: int, at_s: float | None, end_s: float | None, file: str = "a.m4b") -> ReportedSentence:
    return ReportedSentence(1, number, f"1:{number}", f"Text {number}.", file, at_s, end_s)


ROWS = [row(1, 0.02, 4.0), row(2, 4.4, 10.0), row(3, 10.0, 10.0), row(4, 12.0, 20.0), row(5, 0.0, 3.0, "b.m4b")]


def test_a_moment_is_in_the_sentence_that_is_heard_then() -> None:
    for moment_s, sentence, before in [
        (0.0, "1:1", None),
        (4.1, "1:1", None),  # the pause is nearer to the first
        (4.3, "1:2", "1:1"),  # nearer to the second
        (5.9, "1:2", "1:1"),  # a listener needs a moment to read the clock
        (6.5, "1:2", None),
        (10.4, "1:2", None),  # the third one has no sound
        (11.9, "1:4", "1:2"),
        (24.0, "1:4", None),  # players round
    ]:
        heard = heard_at(ROWS, "a.m4b", moment_s)
        assert heard is not None, moment_s
        assert (heard.sentence.id, heard.before.id if heard.before else None) == (sentence, before)


def test_behind_the_end_and_in_another_file_nothing_is_heard() -> None:
    assert heard_at(ROWS, "a.m4b", 26.0) is heard_at(ROWS, "c.m4b", 1.0) is heard_at([], "a.m4b", 0.0) is None
    heard = heard_at(ROWS, "b.m4b", 1.0)
    assert heard is not None
    assert heard.sentence.id == "1:5"


def test_a_report_is_read_with_its_options() -> None:
    rows = [{"chapter": 1, "sentence": 1, "id": "1:1", "text": "Yes.", "file": "a.m4b", "at_s": 0.0, "end_s": 1.0}]
    whole = {"version": 2, "book": {"job": "emma-1", "title": "x"}, "totals": {}, "options": ["--title=E"]}
    found = read_reported(json.dumps({**whole, "segments": rows}).encode())
    assert found is not None
    assert (found.book.job, found.options, sound_files(found)) == ("emma-1", ("--title=E",), ["a.m4b"])


def test_what_is_no_whole_report_is_none() -> None:
    for data in [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"book": {"job": "emma-1"}}',  # only a claim of the name
        b'{"version": 2, "book": {"job": 7}, "totals": {}}',
        b'{"version": 2, "book": {"job": "e"}, "totals": {}, "options": [1]}',
        b'{"version": 2, "book": {"job": "e"}, "totals": {}, "options": [' + b'"a",' * 1000 + b'"a"]}',
        b'\xff{"version": 2, "book": {"job": "e"}, "totals": {}}',
        b'{"version": 1, "book": {"job": "e"}, "totals": {}}',  # of an older e2a-swarm
    ]:
        assert read_reported(data) is None


FILES = [
    ("a.m4b", [Cue(0, 0, 0.0, 1.0), Cue(0, 2, 2.0, 3.0)]),
    ("b.m4b", [Cue(1, 0, 0.0, 1.5)]),
]


def test_a_sentence_is_where_it_is_heard() -> None:
    assert locate(FILES, []) == {
        (0, 0): HeardSentence("a.m4b", 0.0, 1.0),
        (0, 2): HeardSentence("a.m4b", 2.0, 3.0),
        (1, 0): HeardSentence("b.m4b", 0.0, 1.5),
    }


def test_a_missing_one_ought_to_be_after_the_one_before_it() -> None:
    found = locate(FILES, [(0, 1), (1, 1)])
    assert found[0, 1] == HeardSentence("a.m4b", 1.0, 1.0)
    assert found[1, 1] == HeardSentence("b.m4b", 1.5, 1.5)


def test_a_missing_first_one_ought_to_begin_the_first_file() -> None:
    later = [("a.m4b", [Cue(0, 1, 0.5, 1.0)]), ("b.m4b", [Cue(1, 0, 0.0, 1.5)])]
    assert locate(later, [(0, 0)])[0, 0] == HeardSentence("a.m4b", 0.0, 0.0)


def test_a_book_that_is_not_written_has_no_places() -> None:
    assert locate([], [(0, 1)]) == {}
