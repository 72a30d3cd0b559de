"""`e2a-swarm log`: tell what happened in a run, from its log."""

import argparse
import re
from pathlib import Path

from swarm.commands.output import say, warn
from swarm.errors import EXIT_DONE, EXIT_SOFTWARE, UsageError
from swarm.system.text import count_text
from swarm.watch.trace.log_file import numbered_logs, read_log, read_logs, real_path
from swarm.watch.trace.replay import Replay
from swarm.watch.trace.story import Story

SEGMENT = re.compile(r"(\d{1,6})[/:](\d{1,6})")
MAX_DIFFERENCES = 20


def run(arguments: argparse.Namespace) -> int:
    """Print the story of a log, or the result of a replay; return the exit code. Raises UsageError."""
    read = {real_path(path): path for path in (Path(name).expanduser() for name in arguments.files)}
    if arguments.replay:
        if arguments.segment or arguments.worker or arguments.book:
            raise UsageError("--replay runs the whole log: leave out --segment, --worker and --book.")
        return sum(map(_replay, read.values())) and EXIT_SOFTWARE
    _tell(arguments, list(read.values()))
    if beside := [each.name for file in read.values() for each in numbered_logs(file) if real_path(each) not in read]:
        warn(f"Not read: {', '.join(beside)}, by processes that ran at the same time; name them as well.")
    return EXIT_DONE


def _tell(arguments: argparse.Namespace, files: list[Path]) -> None:
    """Print the story that was asked for. Raises UsageError where there is none."""
    place = _place(arguments.segment) if arguments.segment else None
    story, told = Story(), False
    happenings, chosen = story.tell(read_logs(files)), (arguments.worker, arguments.book)
    for line in story.sentence(happenings, place, *chosen) if place else story.lines(happenings, *chosen):
        told = True
        say(line)
    if arguments.book and not story.books.find_jobs(arguments.book):
        known = ", ".join(dict.fromkeys(story.books.titles.values())) or "none"
        raise UsageError(f"The log {files[0]} knows no book {arguments.book!r}; it knows: {known}.")
    if not told:
        raise UsageError(_no_story(story, arguments))


def _place(text: str) -> tuple[int, int]:
    """Return the chapter and index, from 0, of a sentence that the user counted from 1. Raises UsageError."""
    found = SEGMENT.fullmatch(text.strip())
    if not found or "0" in (found[1].lstrip("0") or "0", found[2].lstrip("0") or "0"):
        raise UsageError(f"--segment takes chapter/sentence such as 3/17, counted from 1, not {text!r}.")
    return int(found[1]) - 1, int(found[2]) - 1


def _no_story(story: "Story", arguments: argparse.Namespace) -> str:
    """Return an error text that tells why the log has no such story."""
    name = arguments.files[0]
    if arguments.worker and arguments.worker not in story.machines:
        known = ", ".join(story.machines) or "none"
        return f"The log {name} knows no machine {arguments.worker!r}; it knows: {known}."
    if not arguments.segment:
        return f"The log {name} tells nothing about that."
    place = _place(arguments.segment)
    jobs = story.books.find_jobs(arguments.book) if arguments.book else frozenset(story.books.sizes)
    if lacking := _lacking(story, place, jobs):
        return f"There is no sentence {arguments.segment}: {lacking}."
    if any((job, *place) in story.books.known for job in jobs) and not arguments.worker:
        return f"Nobody spoke sentence {arguments.segment} in {name}: it had its clip from an earlier run or job."
    about = f"{arguments.worker} and sentence" if arguments.worker else "sentence"
    return f"The log {name} tells nothing about {about} {arguments.segment}."


def _lacking(story: "Story", place: tuple[int, int], jobs: frozenset[str]) -> str:
    """Say what the jobs have instead of a place; "" where one of them has it, or none is known."""
    sizes = [story.books.sizes[job] for job in jobs if job in story.books.sizes]
    reaching = [chapters for chapters in sizes if place[0] < len(chapters)]
    if not sizes or any(place[1] < chapters[place[0]] for chapters in reaching):
        return ""
    if reaching:
        sentences = max(chapters[place[0]] for chapters in reaching)
        return f"chapter {place[0] + 1} has {count_text(sentences, 'sentence')}"
    return f"the job has {count_text(max(map(len, sizes)), 'chapter')}, and chapters are counted within the job"


def _replay(path: Path) -> int:
    """Replay one log and print the differences; return 1 if there are any, else 0."""
    replay, count = Replay(), 0
    for difference in replay.repeat_calls(read_log(path)):
        count += 1
        if count <= MAX_DIFFERENCES:
            say(
                f"entry {difference.number}, {difference.core}.{difference.call}:",
                f"  logged    {difference.logged}",
                f"  replayed  {difference.replayed}",
            )
    lost = f"; {replay.headless} calls before the first start of a run were left out" if replay.headless else ""
    say(f"{path}: {replay.calls} calls replayed, {count} with another result{lost}")
    return int(count > 0)
