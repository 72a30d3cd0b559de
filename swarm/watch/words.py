"""The sentences that people read: for the reasons and events of a coordinator, of standbys, and of the other
engines that speak passages of a book, and in which languages. Pure.

A code that is not in the tables, as of a newer peer, has no words."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypedDict

from msgspec import structs

from swarm.book.model.book import Chapter, Segment
from swarm.book.model.language_code import language_name
from swarm.errors import WhoRetries
from swarm.job.card import guests_in
from swarm.job.clip_info import Implausible
from swarm.job.job_asset import MODEL, VOICE
from swarm.lease.core_settings import COOLING_C
from swarm.lease.envelope import Hindrance, NotLeasing, Reason, Resting
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import Done, Refused, Rejected, SleeperRow, StatusReply, WorkerStatus, other_protocol
from swarm.system.text import count_text, duration_text

CALL_WORKERS = "run `e2a-swarm work` on any machine of the swarm"
LATENTS_LOST = "the latents of its recording are gone or damaged; a worker sends them again, or computes them again"
MAX_LETTERS = 1500  # characters of a sentence that are told

BY_QUEUE = WhoRetries(
    run="the queue tries it again by itself",
    deliver="the queue delivers it by itself",
    upload="the queue uploads it by itself",
)
Sentence = Callable[[Reason], str]


def leaving_text(*, is_idle: bool) -> str:
    """Return what a command says when it is told to end, as by the first Ctrl-C."""
    return (
        "nothing is under way: leaving" if is_idle else "finishing the sentences under way; Ctrl-C again stops at once"
    )


def by_resuming(number: int) -> WhoRetries:
    """Say how a user has a failed book of the queue tried again."""
    command = f"`e2a-swarm resume {number}`"
    return WhoRetries(f"{command} tries it again", f"{command} delivers it", f"{command} uploads it")


def _unserved(reason: Reason) -> str:
    model = f" and the model {reason.model}" if reason.model else ""
    why = f" ({reason.note})" if reason.note else ""
    remedy = f"; on a machine that should speak it: {reason.command}" if reason.command else ""
    return f"no worker here can speak {language_name(reason.language)} with {reason.engine}{model}{why}{remedy}"


def _fetching(reason: Reason) -> str:
    held_up = f" ({reason.note})" if reason.note else ""
    return f"fetching {files_text(reason.files)}, {reason.percent} %{held_up}"


def _slow_link(reason: Reason) -> str:
    return f"the link to {reason.worker} carries {reason.count / 1e6:.2g} Mbit/s"


def _behind(reason: Reason) -> str:
    left = duration_text(reason.seconds)
    return f"the file is behind: {left} of sound to encode; a worker with idle cores would help"


def _other_protocol(reason: Reason) -> str:
    return other_protocol(reason.worker or "this machine", reason.count, reason.coordinator, reason.expected)


def _implausible(reason: Reason) -> str:
    if not reason.most_s:
        return "the clip is far too long or too short for its text"
    return f"the clip has {Implausible(reason.seconds, reason.count, reason.least_s, reason.most_s)}"


def _other_rate(reason: Reason) -> str:
    return f"the clip has {reason.count} Hz, the others of this job {reason.expected}"


def _stepped_back(why: Hindrance) -> str:
    return f"{why.note}; it is tried again after {why.seconds / 60:.0f} min"


HINDRANCES: dict[NotLeasing, Callable[[Hindrance], str]] = {  # says why a slot takes no lease
    NotLeasing.MEMORY: _stepped_back,
    NotLeasing.LOST: _stepped_back,
    NotLeasing.ENGINE: _stepped_back,
    NotLeasing.ASLEEP: lambda why: "the machine goes to sleep",
    NotLeasing.HOURS: lambda why: f"until {why.clock} (--hours)",
    NotLeasing.BATTERY: lambda why: "on battery until it is plugged in (without --on-battery)",
    NotLeasing.KEYBOARD: lambda why: (
        f"somebody uses the machine, or did in the last {why.seconds / 60:.0f} min (--idle-only)"
    ),
    NotLeasing.HOT: lambda why: (
        f"{why.device} has been over {why.count} C and cools to {why.count - COOLING_C} (--max-temperature)"
    ),
    NotLeasing.IN_USE: lambda why: f"another program uses {why.device}, or just did (--idle-only)",
    NotLeasing.UNREAD: lambda why: (
        f"the driver of {why.device} does not tell what it is at (--max-temperature, --idle-only)"
    ),
    NotLeasing.SOUND: lambda why: (
        f"other machines speak its sentences otherwise, so it rests {why.seconds / 60:.0f} min (--cross-check)"
    ),
    NotLeasing.PAUSED: lambda why: f"paused from {why.by}",
    NotLeasing.LIMITED: lambda why: f"limited to {count_text(why.count, 'slot')} from {why.by}",
    NotLeasing.DRAINED: lambda why: "it finishes its sentences and leaves",
    NotLeasing.LIFETIME: lambda why: "its time is over: it finishes its sentences and leaves",
    NotLeasing.OTHER: lambda why: why.note or "it says a reason that this e2a-swarm does not know",
}


def hindrance_text(why: Hindrance) -> str:
    """Say why a slot takes no lease."""
    return HINDRANCES[why.cause](why)[:MAX_LETTERS]


def resting_text(resting: Iterable[Resting]) -> str:
    """Say why slots take no lease, or which models rest there, each reason once; "" where none rests."""
    named = [(rest.model or rest.engine, hindrance_text(rest.why)) for rest in resting]
    return "; ".join(dict.fromkeys(f"{model}: {text}" if model else text for model, text in named))[:MAX_LETTERS]


WAITING: dict[str, Sentence] = {  # says what a job waits for
    "encoding": lambda r: f"{r.percent} % encoded" + (f"; {_behind(r)}" if r.seconds else ""),
    "behind": lambda r: _behind(r),
    "workers missing": lambda r: f"waiting for {count_text(r.count, 'more worker')}",
    "no engine": lambda r: f"waiting for a worker that has the engine {r.engine}",
    "no worker": lambda r: f"waiting for a worker: {CALL_WORKERS}",
    "paused": lambda r: "paused",
    "all rest": lambda r: f"every worker for it rests: {resting_text(r.resting)}",
    "loading": lambda r: r.note,
    "computing latents": lambda r: "preparing the voice",
    "fetching": _fetching,
    "unserved": _unserved,
}
KEPT: dict[str, Sentence] = {  # says what keeps a worker from speaking
    "set aside": lambda r: f"set aside for {r.seconds:.0f} s: failed {r.count} times in a row",
    "unable": lambda r: f"{r.engine}: {r.note}",
    "rests": lambda r: resting_text(r.resting),
    "slow link": _slow_link,
    "lacks model": lambda r: f"lacks {r.model}",
    "lacks voice": lambda r: f"lacks {r.engine} for {language_name(r.language)}",
    "fetching": _fetching,
}
LACKING: dict[str, Sentence] = {  # a worker says this of itself, on its own terminal
    "lacks model": lambda r: _remedied(f"{r.title} is spoken with {r.model}, which is not on this machine", r),
    "lacks voice": lambda r: _remedied(
        f"{r.title} is spoken with {r.engine} in {language_name(r.language)}, which this worker cannot", r
    ),
}
HOPELESS: dict[str, Sentence] = {  # says why a job can never be finished
    "does not open": lambda r: f"The engine {r.engine} does not open on this machine: {r.note}",
    "no model": lambda r: (
        f"The engine {r.engine} does not open on this machine: "
        f"its model {r.model} is not here, and none is downloaded (--offline): {r.command}."
    ),
    "not installed": lambda r: (
        f"The engine {r.engine} does not open on this machine: it is not installed: {r.command}."
    ),
    "no guest": lambda r: (
        f"What is left of it is in {language_name(r.language)} and for the engine {r.engine}, "
        f"{f'whose model {r.model} is not on this machine: {r.command}' if r.model else 'which this machine lacks'}."
    ),
    "device lost": lambda r: (
        f"No slot of this machine can speak: {'; '.join(dict.fromkeys(rest.why.note for rest in r.resting))}. "
        "Mend that and run the same command again; nothing that was spoken before is lost."
    ),
}
REFUSED: dict[str, Sentence] = {  # says why a worker is not let in
    "other protocol": _other_protocol,
}
REJECTED: dict[str, Sentence] = {  # says why a clip is not taken
    "damaged clip": lambda r: r.note,
    "other job": lambda r: "this job is not rendered here",
    "no such place": lambda r: "the book has no such place",
    "other clip": lambda r: "the clip is not of this text and recipe",
    "implausible length": _implausible,
    "other rate": _other_rate,
    "sounds otherwise": lambda r: "other machines speak this machine's sentences otherwise",
}
EVENTS: dict[str, Sentence] = {  # says what happened, in one line
    "joined": lambda r: f"{r.worker} joined with {count_text(r.count, 'slot')}",
    "left": lambda r: f"{r.worker} left",
    "silent": lambda r: f"{r.worker}: silent for {r.seconds:.0f} s, its work goes to others",
    "no progress": lambda r: f"{r.worker}: no progress on slot {r.slot}, its lease goes to others",
    "worker set aside": lambda r: f"{r.worker} failed {r.count} times in a row and is set aside",
    "slow link": _slow_link,
    "slot rests": lambda r: f"{r.worker}: slot {r.slot} rests: {resting_text(r.resting)}",
    "cannot speak": lambda r: f"{r.worker} cannot speak {r.title}: {r.note}",
    "segment set aside": lambda r: f"set aside after {r.count} failures: “{r.text}” ({failure_text(r.kind, r.note)})",
    "earlier take stays": lambda r: (
        f"the earlier sound of “{r.text}” stays, for the new take is no better ({failure_text(r.kind, r.note)})"
    ),
    "file not as it was": lambda r: (
        f"{r.worker} passed on a block of the voice that was not as it should be, says {r.note}; "
        "it is asked for that file no more"
    ),
    "reel differs": lambda r: (
        f"{r.worker} encoded sound that is not what this machine makes of its sentences: it encodes no more, and that "
        "is encoded here"
    ),
    "encoder died": lambda r: (
        f"{r.title}: processes that encode it ended, for want of memory perhaps; it is tried again in a while, and "
        "other books go on"
    ),
    "latents lost": lambda r: f"{r.title}: {LATENTS_LOST}",
    "sounds otherwise": lambda r: f"{r.worker} speaks otherwise than two other machines: “{r.text}”",
    "rests for its sound": lambda r: (
        f"{r.worker} spoke several sentences otherwise than others: it rests for {r.seconds / 60:.0f} min, and what it "
        "spoke of late is spoken again"
    ),
}


def waiting_text(reason: Reason | None, *, called: bool = False) -> str:
    """Say what a job waits for; where workers were `called` already, without saying how to start one."""
    if called and reason is not None and reason.code == "no worker":
        return "waiting for a worker"
    return _say(WAITING, reason)


def lacking_text(done: Done, install_line: Callable[[str], str] = lambda _engine: "") -> str:
    """Say on a worker's terminal what it lacks to be of use; "" where it lacks nothing.

    `install_line` gives the command that installs an engine on this very machine; "" if it is not known here.
    """
    return _say(LACKING, _here(done.missing, install_line))


def hopeless_text(reason: Reason, install_line: Callable[[str], str] = lambda _engine: "") -> str:
    """Say why a job can never be finished, where all of the swarm is this machine."""
    return _say(HOPELESS, _here(reason, install_line))


def _here(reason: Reason | None, install_line: Callable[[str], str]) -> Reason | None:
    """Return a reason with the command that installs its engine here, in place of the one for any machine."""
    if reason is None or reason.code not in ("lacks voice", "not installed"):
        return reason
    return structs.replace(reason, command=install_line(reason.engine) or reason.command)


def refused_text(refused: Refused) -> str:
    """Say why a coordinator does not let a worker in."""
    return _say(REFUSED, refused.reason) or "another e2a-swarm is needed here: update it"


def rejected_text(rejected: Rejected) -> str:
    """Say why a coordinator does not take a clip."""
    return _say(REJECTED, rejected.reason)


def failure_text(kind: str, note: str) -> str:
    """Say why a worker could not speak a sentence; a rejected clip has the code of its reason as the note."""
    if kind == "rejected" and note in REJECTED:
        note = _say(REJECTED, Reason(note))
    return f"{kind}: {note}" if note else kind


def taken_over_text(title: str, job: str) -> str:
    """Say that another coordinator has taken a job over."""
    return (
        f"{title}: another coordinator has taken this book over, so this one stops and writes no audiobook of it. "
        f"`e2a-swarm take-over {job}` takes it back."
    )


def queue_taken_text() -> str:
    """Say that another machine serves the queue now."""
    return (
        "Another machine has taken this queue over and serves it now, so this one stops and speaks none of its books. "
        "`e2a-swarm take-over` here takes it back."
    )


def event_text(event: Reason) -> str:
    """Say what happened."""
    return _say(EVENTS, event)


def worded_status(reply: StatusReply) -> StatusReply:
    """Return a coordinator's status with the words for its reasons as well."""
    jobs = tuple(structs.replace(job, note=waiting_text(job.reason)) if job.reason else job for job in reply.jobs)
    return structs.replace(reply, jobs=jobs, workers=tuple(map(_worded_worker, reply.workers)))


def _worded_worker(worker: WorkerStatus) -> WorkerStatus:
    if not worker.reasons:
        return worker
    slots = tuple(
        structs.replace(slot, note=hindrance_text(slot.rest.why)) if slot.rest and slot.state == "resting" else slot
        for slot in worker.slots
    )
    return structs.replace(worker, note=_all(worker.reasons), slots=slots)


def _all(reasons: Iterable[Reason]) -> str:
    sentences = (_say(KEPT, reason) for reason in reasons)
    return "; ".join(dict.fromkeys(filter(None, sentences)))[:MAX_LETTERS]


def files_text(names: Iterable[str]) -> str:
    """Say what people call the files of a job; `names` are as in `JobFile`."""
    given = set(names)
    has_model, has_voice = any(name.startswith(MODEL) for name in given), VOICE in given
    return "the voice and the model" if has_model and has_voice else "the model" if has_model else "the voice"


def _say(sentences: dict[str, Sentence], reason: Reason | None) -> str:
    sentence = sentences.get(reason.code) if reason else None
    return sentence(reason)[:MAX_LETTERS] if sentence and reason else ""


def _remedied(sentence: str, reason: Reason) -> str:
    return f"{sentence}: {reason.command}" if reason.command else sentence


AWAY_S = 30.0  # a standby that asks for nothing for so long is out of reach


def standby_state(standby: StandbyStatus) -> str:
    """Return what a standby does, in a word: following, copying or away."""
    if standby.silent_s > AWAY_S:
        return "away"
    return "copying" if standby.lag_s is None else "following"


def standby_text(standby: StandbyStatus) -> str:
    """Return how far a standby is behind, and how many of the books it has."""
    books = f", {standby.books} of {count_text(standby.of_books, 'book')}" if standby.of_books else ""
    match standby_state(standby):
        case "away":
            return f"away for {duration_text(standby.silent_s)}"
        case "copying":
            return f"copying, {count_text(standby.behind, 'record')} behind{books}"
    return f"{standby.lag_s or 0:.0f} s behind{books}"


class GuestRow(TypedDict):
    """A guest of some chapters, as programs are told it."""

    language: str
    engine: str
    model: str
    voice: str
    sentences: int


def guest_rows(chapters: Iterable[Chapter]) -> list[GuestRow]:
    """Return a row for each guest of some chapters."""
    return [
        {"language": each.language, "engine": each.engine, "model": each.model, "voice": each.voice, "sentences": count}
        for each, count in guests_in(chapters).most_common()
    ]


MAX_CAST_NAMES = 12


def cast_line(segments: Iterable[Segment]) -> str:
    """Return who speaks with which voice, those who say most first; "" if all has one voice."""
    said = Counter((each.speaker, each.voice) for each in segments if each.speaker and each.voice)
    if len(said) > 1 and len({voice for _, voice in said}) == 1:
        return f"voice of all persons: {next(iter(said))[1]}."
    named = [f"{speaker} {voice}" for (speaker, voice), _ in said.most_common(MAX_CAST_NAMES)]
    more = len(said) - len(named)
    return f"voices of the persons: {', '.join(named)}" + (f", and {more} more." if more else ".") if named else ""


def guest_words(rows: Iterable[GuestRow]) -> str:
    """Return a clause for people that names each engine once, with its languages; "" if there are no guests."""
    said: dict[str, list[str]] = {}
    for row in rows:
        spoken = f"{language_name(row['language'])} ({count_text(row['sentences'], 'sentence')})"
        said.setdefault(row["model"] or row["engine"], []).append(spoken)
    engines = [f"{', '.join(languages)} by {engine}" for engine, languages in said.items()]
    return f"in other languages: {'; '.join(engines)}" if engines else ""


def guests_line(rows: Iterable[GuestRow], engine: str) -> str:
    """Return the clause with the option that leaves all to the engine of the job; "" if there are no guests."""
    words = guest_words(rows)
    return f"{words}; --one-engine leaves all to {engine}" if words else ""


INVITES_ENDED = {
    "used": "was used already, and lets one machine in only",
    "ran out": "has run out",
    "taken back": "was taken back",
}


def sleeper_text(sleeper: SleeperRow) -> str:
    """Return how a machine sleeps that may be woken for work."""
    slept = f"has slept for {duration_text(max(60.0, sleeper.seconds // 60 * 60))}"  # no other words each second
    match sleeper.state:
        case "waking":
            return "is being woken"
        case "by hand":
            return f"{slept}; it may have been put to sleep by hand, so it is not woken today"
        case _:
            return f"{slept}, and is woken for work"


def invite_text(state: str, coordinator: str) -> str:
    """Return why an invite lets a machine in no more, and what to do; "" for one that is open."""
    if why := INVITES_ENDED.get(state):
        return (
            f"this invite {why}: ask on {coordinator} for a new one (`e2a-swarm key --invite 15m`), and give its code "
            "to `e2a-swarm join CODE --replace` here"
        )
    return ""
