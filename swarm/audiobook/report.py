"""The report beside the audiobook: which worker spoke what, and what is missing. Pure.

It says where each sentence is in the finished files. Read back, it tells which sentence is heard at a moment of a
file."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from swarm.audiobook.sound.reel import Cue
from swarm.book.model.book import Segment
from swarm.book.model.reading_choice import NARRATOR
from swarm.job.card import read_guest
from swarm.job.clip_info import heard_words
from swarm.job.record import AnyRecord, ClipAccepted, WorkerSeen
from swarm.job.run import RunStats
from swarm.job.spec import JobSpec
from swarm.job.state import mended
from swarm.system.text import clean, clean_note, clock_text, count_text, duration_text, speed_text
from swarm.watch.history import History, Place, Run
from swarm.watch.words import guest_rows


class HeardSentence(Struct, frozen=True, gc=False):
    """A sentence in a file, named from the report's folder; a missing one is where it ought to be."""

    file: str
    start_s: float
    end_s: float


def locate(files: Iterable[tuple[str, Sequence[Cue]]], missing: Iterable[Place]) -> dict[Place, HeardSentence]:
    """Find where each place is heard, and where the `missing` ones would be; a file's cues are in reading order."""
    found, lost = dict[Place, HeardSentence](), sorted(missing)
    for file, cues in files:
        places = [(cue.chapter, cue.index) for cue in cues]
        for place in lost:
            after = bisect_left(places, place)
            # A missing sentence would follow the one before it, or begin the first file.
            if after or place not in found:
                end_s = cues[after - 1].end_s if after else 0.0
                found[place] = HeardSentence(file, end_s, end_s)
        found |= {(cue.chapter, cue.index): HeardSentence(file, cue.start_s, cue.end_s) for cue in cues}
    return found


Row = dict[str, Any]

REPORT_VERSION = 2  # another form than this is not read back
NOT_REACHED = "not spoken yet"
MAX_FILES = 4  # only the number is told of more files
MAX_NAMED = 10  # sentences named in the closing lines; the report has them all
MAX_KNOWN_SHARE = 0.2  # a speed would flatter if earlier jobs brought more of the sound


@dataclass(frozen=True, kw_only=True)
class ReportExtra:
    """The facts of a report that the records do not tell. Moments are seconds since the epoch, as in the records."""

    files: tuple[str, ...] = ()
    duration_s: float = 0.0  # length of the audiobook, pauses included
    run_stats: RunStats = field(default_factory=RunStats)
    heard: Mapping[Place, HeardSentence] = field(default_factory=dict)  # where each sentence is in the files
    options: tuple[str, ...] = ()  # the files were made with these, as on a command line


def make_report(spec: JobSpec, records: Iterable[AnyRecord], extra: ReportExtra) -> Row:
    """Make the report of a job, ready for JSON, from its records, the oldest first."""
    history = History.of(spec, records)
    return {
        "version": REPORT_VERSION,
        "book": _book(spec),
        "options": list(extra.options),
        "recipe": msgspec.to_builtins(spec.recipe) | {"settings": dict(spec.recipe.settings)},
        "files": list(extra.files or history.files),
        "totals": _totals(spec, history, extra),
        "workers": _workers(spec, history, extra),
        "missing": _missing(spec, history, extra),
        "doubtful": _doubtful(spec, history, extra),
        "unspoken": _unspoken(spec),
        "guests": guest_rows(spec.chapters),
        "cast": _cast(spec, history),
        "chapters": _chapters(spec, extra),
        "segments": _segments(spec, history, extra),
    }


def _book(spec: JobSpec) -> Row:
    book = msgspec.to_builtins(msgspec.structs.replace(spec.book, cover=None))
    del book["cover"]
    return {"job": spec.job, "source": spec.source, **book}


def _chapters(spec: JobSpec, extra: ReportExtra) -> list[Row]:
    """Return a row a chapter: its number, title and size, and where in which file it is heard."""
    return [
        {"chapter": number + 1, "title": chapter.title, "sentences": len(chapter.segments)}
        | _spot(extra.heard.get((number, 0)), extra.heard.get((number, len(chapter.segments) - 1)))
        for number, chapter in enumerate(spec.chapters)
    ]


def _spot(heard: HeardSentence | None, last: HeardSentence | None = None) -> Row:
    """Return where what begins with a sentence is heard; a file without a name and no times if there is none."""
    if heard is None:
        return {"file": "", "at_s": None, "end_s": None}
    return {"file": heard.file, "at_s": _rounded(heard.start_s), "end_s": _rounded((last or heard).end_s)}


def _name(place: Place) -> Row:
    """Return the numbers of a sentence, from 1 as commands count, and the `id` that `redo` takes."""
    chapter, sentence = place[0] + 1, place[1] + 1
    return {"chapter": chapter, "sentence": sentence, "id": f"{chapter}:{sentence}"}


def _places(spec: JobSpec) -> list[Place]:
    return [(number, index) for number, chapter in enumerate(spec.chapters) for index in range(len(chapter.segments))]


def _text(spec: JobSpec, place: Place) -> str:
    chapter, index = place
    return spec.chapters[chapter].segments[index].written


def _totals(spec: JobSpec, history: History, extra: ReportExtra) -> Row:
    places = _places(spec)
    accepted = history.accepted.values()
    known = history.known()
    first_s, last_s = history.first_grant_s(extra.run_stats.first_grant_s), history.last_accept_s()
    return {
        "segments": len(places),
        "spoken": len(accepted),
        "missing": len(places) - len(accepted),
        "unspoken": spec.unspoken,
        "characters": sum(len(_text(spec, place)) for place in places),
        "audio_s": _rounded(sum(clip.length_s for clip in accepted)),
        "duration_s": _rounded(extra.duration_s),
        "work_s": _rounded(sum(clip.work_s for clip in accepted)),
        "makespan_s": _rounded(None if first_s is None or last_s is None else last_s - first_s),
        "elapsed_s": _rounded(history.busy_s()),
        "runs": len(history.runs_that_spoke()),
        "first_grant_s": _rounded(first_s),
        "last_accept_s": _rounded(last_s),
        "clips_received": history.received + extra.run_stats.duplicates,
        "reused": sum(clip.reused for clip in accepted),
        "known": len(known),
        "known_audio_s": _rounded(sum(clip.length_s for clip in known)),
        "duplicates": extra.run_stats.duplicates,
        "reissued": extra.run_stats.reissued,
        "retakes": sum(_takes(clip, history) - 1 for clip in accepted),
        "doubtful": sum(bool(clip.doubt) for clip in accepted),
        "failures": sum(map(len, history.failures.values())),
        "bytes": sum(clip.bytes for clip in accepted),
        "energy_wh": _watt_hours(sum(extra.run_stats.energy_j.values()) or None),
        "checks": extra.run_stats.checks,
        "check_s": _rounded(sum(extra.run_stats.check_s.values())),
    }


def _watt_hours(joules: float | None) -> float | None:
    return _rounded(None if joules is None else joules / 3600)


def _workers(spec: JobSpec, history: History, extra: ReportExtra) -> list[Row]:
    spoken: dict[str, list[ClipAccepted]] = {worker: [] for worker in history.workers}
    for clip in history.accepted.values():
        if not clip.reused:
            spoken.setdefault(clip.worker, []).append(clip)
    return [_worker(spec, history.workers.get(worker), worker, clips, extra) for worker, clips in spoken.items()]


def _worker(spec: JobSpec, seen: WorkerSeen | None, worker: str, clips: list[ClipAccepted], extra: ReportExtra) -> Row:
    work_s = sum(clip.work_s for clip in clips)
    characters = sum(len(_text(spec, (clip.chapter, clip.index))) for clip in clips)
    return {
        "id": worker,
        "name": seen.name if seen else worker,
        "device": seen.device if seen else "",
        "speed_chars_s": _rounded(characters / work_s if work_s > 0 else None),
        "segments": len(clips),
        "work_s": _rounded(work_s),
        "idle_s": _rounded(extra.run_stats.idle_s.get(worker, 0.0)),
        "wasted_s": _rounded(extra.run_stats.wasted_s.get(worker, 0.0)),
        "energy_wh": _watt_hours(extra.run_stats.energy_j.get(worker)),
        "check_s": _rounded(extra.run_stats.check_s.get(worker, 0.0)),
        "outvoted": int(extra.run_stats.outvoted.get(worker, 0)),
    }


def _segment_now(spec: JobSpec, history: History, place: Place) -> Segment:
    """Return a sentence with the words and the speaker that the user gave it."""
    segment, mend = spec.chapters[place[0]].segments[place[1]], history.mends.get(place)
    return mended(segment, mend.said, mend.speaker) if mend else segment


def _cast(spec: JobSpec, history: History) -> list[Row]:
    """Return a row a person, those who say most first: its voice, its sentences, and which of them the user gave it.

    What the user gave the narrator is a row, too.
    """
    voices, given = defaultdict[str, Counter[str]](Counter), defaultdict[str, list[str]](list)
    for place in _places(spec):
        segment, mend = _segment_now(spec, history, place), history.mends.get(place)
        is_given = mend is not None and mend.given
        if name := segment.speaker or (NARRATOR if is_given else ""):
            voices[name][segment.voice] += 1
            given[name] += [_name(place)["id"]] if is_given else []
    rows = sorted(voices.items(), key=lambda row: -row[1].total())
    return [
        {"name": name, "voice": said.most_common(1)[0][0], "sentences": said.total(), "given": given[name]}
        for name, said in rows
    ]


def _segments(spec: JobSpec, history: History, extra: ReportExtra) -> msgspec.Raw:
    """Return a row a sentence, encoded as JSON: a long book's rows would fill the memory as values."""
    encoder, rows = msgspec.json.Encoder(), bytearray()
    for place in _places(spec):
        rows += b"," if rows else b"["
        row = _segment(spec, history, place, extra.heard.get(place))
        encoder.encode_into(row, rows, len(rows))
    return msgspec.Raw(bytes(rows) + b"]")


def _segment(spec: JobSpec, history: History, place: Place, heard: HeardSentence | None) -> Row:
    clip, segment = history.accepted.get(place), _segment_now(spec, history, place)
    failures = len(history.failures.get(place, ()))
    text = _text(spec, place)
    row: Row = {**_name(place), "text": text, **_spot(heard), "characters": len(text)}
    if segment.spoken != spec.chapters[place[0]].segments[place[1]].spoken:  # a wording may change only the voice
        row["said"] = segment.spoken
    if segment.speaker:
        row["speaker"] = segment.speaker
    if guest := read_guest(segment.voice):
        row |= {"engine": guest.engine, "language": guest.language}
    if clip is None:
        nothing = {"worker": "", "work_s": 0.0, "audio_s": 0.0, "takes": failures, "attempts": failures}
        return row | nothing | {"started_s": None, "accepted_s": None}
    if heard and (words := heard_words(segment, clip)):
        row["words"] = [(character, _rounded(heard.start_s + moment_s)) for character, moment_s in words]
    return row | {
        "worker": clip.worker,
        "work_s": _rounded(clip.work_s),
        "audio_s": _rounded(clip.length_s),
        "takes": _takes(clip, history),
        "attempts": failures + (0 if clip.reused else 1),
        "started_s": _rounded(clip.started_s - history.began_s),
        "accepted_s": _rounded(clip.accepted_s - history.began_s),
    }


def _takes(clip: ClipAccepted, history: History) -> int:
    """Return how often a sentence was spoken: again after a failure, for a doubtful take, and for `redo`.

    A redo goes on with takes that no worker has tried: those that are passed over were never spoken.
    """
    rounds, first = history.redone.get((clip.chapter, clip.index), (0, 0))
    return rounds + max(clip.take - first + 1, clip.takes)


def _doubtful(spec: JobSpec, history: History, extra: ReportExtra) -> list[Row]:
    return [
        _sentence(spec, place, clip.doubt, extra.heard.get(place))
        for place, clip in sorted(history.accepted.items())
        if clip.doubt
    ]


def _missing(spec: JobSpec, history: History, extra: ReportExtra) -> list[Row]:
    return [
        _sentence(spec, place, history.quarantined.get(place, NOT_REACHED), extra.heard.get(place))
        for place in _places(spec)
        if place not in history.accepted
    ]


def _sentence(spec: JobSpec, place: Place, reason: str, heard: HeardSentence | None) -> Row:
    """Name a sentence: its chapter, its text, where it is heard, and the `id` that `redo` takes."""
    title = spec.chapters[place[0]].title
    return {**_name(place), "title": title, "text": _text(spec, place), "reason": reason, **_spot(heard)}


def _unspoken(spec: JobSpec) -> list[Row]:
    return [
        {
            "chapter": number,
            "title": chapter.title,
            "after": doubt.after + 1,
            "text": doubt.text,
            "reason": doubt.reason,
        }
        for number, chapter in enumerate(spec.chapters, 1)
        for doubt in chapter.unspoken
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def rewriting(spec: JobSpec, records: Iterable[AnyRecord]) -> str:
    """Say what the last run did after others had finished or spoken the book: "written again in 2 s; ..."; else "".

    Such a run took a moment for a few sentences, which its own figures have to tell, and not those of all runs.
    """
    history = History.of(spec, records)
    *before, last = history.runs or [Run(0.0, 0.0)]
    finished = any(run.finished for run in before)
    if not before or (last.spoken and not finished):
        return ""
    done = f"written{' again' if finished else ''} in {duration_text(last.last_s - last.began_s)}"
    if last.spoken:
        return f"{done}; {count_text(last.spoken, 'sentence')} spoken"
    whole = len(history.accepted) == len(_places(spec))
    return f"{done}; nothing {'had to be' if whole else 'was'} spoken"


def closing_lines(report: Row, instead: str = "") -> list[str]:
    """Return the closing lines: the file, its length, the time it took, and the sentences it lacks.

    `instead` is what the last run did where that tells more than the figures of all runs: see `rewriting`.
    """
    totals = report["totals"]
    lines = file_lines(report["files"])
    lines.append(f"{duration_text(_sound_s(totals))} of sound {instead}" if instead else _figures(totals))
    lines += [clean_note(line) for name in ("cautions", "lost") for line in report["book"].get(name, ())]
    lines += _named(report["missing"], "missing from the audiobook")
    lines += _named(report["doubtful"], "may sound wrong, also when spoken again")
    lines += _named(report["unspoken"], "left as a pause, for this voice cannot speak it")
    return lines


def file_lines(files: Sequence[str]) -> list[str]:
    """Name files one by one where they are few; else count those of each folder."""
    return [members[0] if not folder else counted(folder, members) for folder, members in gathered(files)]


def gathered(files: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Group files as they are told: each by itself, or by folder where they are many."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(file[: max(file.rfind("/"), file.rfind("\\"))], []).append(file)
    few = len(files) <= MAX_FILES
    groups: list[tuple[str, list[str]]] = []
    for folder, members in folders.items():
        if few or len(members) < MAX_FILES:  # these are the whole audiobook, subtitles, the book to read along
            groups += [("", [file]) for file in members]
        else:
            groups.append((folder, members))
    return groups


def counted(folder: str, members: Sequence[str]) -> str:
    """ "13 files in /books/Emma"."""
    return f"{count_text(len(members), 'file')} in {folder}"


def _sound_s(totals: Row) -> float:
    return float(totals["duration_s"] or totals["audio_s"])


def _figures(totals: Row) -> str:
    sound_s = _sound_s(totals)
    spec = [f"{duration_text(sound_s)} of sound in {duration_text(totals['elapsed_s'])}"]
    speed = speed_text(sound_s / totals["elapsed_s"]) if totals["elapsed_s"] > 0 else ""
    if speed and totals["known_audio_s"] <= MAX_KNOWN_SHARE * totals["audio_s"]:
        spec.append(f"{speed} real time")
    if totals["runs"] > 1:
        spec.append(f"{totals['runs']} runs")
    spec.append(f"{totals['spoken']} of {count_text(totals['segments'], 'sentence')} spoken")
    for count, words in ((totals["known"], "known from an earlier job"), (totals["retakes"], "spoken again")):
        if count:
            spec.append(f"{count} {words}")
    return ", ".join(spec)


def _named(rows: list[Row], outcome: str) -> list[str]:
    if not rows:
        return []
    lines = [f"{count_text(len(rows), 'sentence')} {outcome}:"]
    for row in rows[:MAX_NAMED]:
        title = clean(row["title"]) or f"chapter {row['chapter']}"
        lines.append(f'  {title}{_whereabouts(row)}: "{clean(row["text"])}" ({clean(row["reason"])})')
    if len(rows) > MAX_NAMED:
        lines.append(f"  and {len(rows) - MAX_NAMED} more, all of them in the report")
    return lines


def _whereabouts(row: Row) -> str:
    """Return where a sentence is heard and its id for `redo`; text that was left out has neither."""
    return f" {row['id']} at {clock_text(row['at_s'])}" if row.get("at_s") is not None else ""


MAX_OPTIONS = 1000
LATE_S = 2.0  # a listener reads the clock so late that the sentence before may be meant
BEYOND_S = 5.0  # a moment so long after the last sentence is taken: players round the length of a file


class ReportedSentence(Struct, frozen=True, gc=False):
    """A sentence of the report, with its times if it is heard in a file."""

    chapter: int
    sentence: int
    id: str
    text: str
    file: str
    at_s: float | None
    end_s: float | None


class ReportedBook(Struct, frozen=True):
    """The book of a report: its job, and the path that the user named."""

    job: str
    source: str = ""


class Reported(Struct, frozen=True):
    """What `redo` needs of a report. A stranger may have written it, so the state folder decides what the job is."""

    book: ReportedBook
    totals: dict[str, float | None]
    version: int
    options: tuple[str, ...] = ()
    segments: tuple[ReportedSentence, ...] = ()


class Heard(NamedTuple):
    """The sentence at a moment, and the one before it if that was heard so shortly before that it may be meant."""

    sentence: ReportedSentence
    before: ReportedSentence | None


def read_reported(data: bytes) -> Reported | None:
    """Return what a report says; None if the data is no whole report, or one of another version."""
    try:
        found = msgspec.json.decode(data, type=Reported)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return found if found.version == REPORT_VERSION and len(found.options) <= MAX_OPTIONS else None


def sound_files(report: Reported) -> list[str]:
    """Return the names of the files in which sentences are heard, in their order."""
    return list(dict.fromkeys(row.file for row in report.segments if row.file))


def heard_at(rows: Sequence[ReportedSentence], file: str, moment_s: float) -> Heard | None:
    """Return what is heard at a moment of a file; None behind its end. A pause belongs to the nearer sentence."""
    spans = [
        (row.at_s, row.end_s, row)
        for row in rows
        if row.file == file and row.at_s is not None and row.end_s is not None and row.end_s > row.at_s
    ]
    if not spans or not 0 <= moment_s <= spans[-1][1] + BEYOND_S:
        return None
    number = max(0, bisect_right([at_s for at_s, _, _ in spans], moment_s) - 1)
    if number + 1 < len(spans) and spans[number + 1][0] - moment_s < moment_s - spans[number][1]:
        number += 1
    before = number > 0 and moment_s - spans[number - 1][1] < LATE_S
    return Heard(spans[number][2], spans[number - 1][2] if before else None)
