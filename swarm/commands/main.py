"""The command line: runs a command, and turns every error into one sentence and an exit code."""

import argparse
import difflib
import errno
import os
import re
import shlex
import signal
import stat
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from swarm import __version__
from swarm.commands.command_table import ALL
from swarm.commands.completions import answer_shell
from swarm.commands.option import make_command
from swarm.commands.option_table import FILE, FORMATS, VOICE_OPTIONS
from swarm.commands.output import warn
from swarm.commands.parser import Parser, ShowAll, parsers_below
from swarm.config import ENV_SERVE_OPTIONS, ENV_WORK_OPTIONS, state_folder
from swarm.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_SOFTWARE,
    EXIT_USAGE,
    EnvironmentFault,
    SwarmError,
    UsageError,
)
from swarm.system.text import shorten_middle

COMMANDS_BY_NAME = {command.name: command for command in ALL}
COMMANDS = tuple(COMMANDS_BY_NAME)
# Options whose value may be left out. argparse would take any word behind them for one, such as a book.
OPTIONAL_VALUES = {option.name: option for option in (*VOICE_OPTIONS, *FILE.options) if option.const}

NAMES_FILES = re.compile("FILE|DIR|PATH|PICTURE|BOOK")  # what the value of an option is called that names one
WRITTEN = ("--log", "--to")  # files that are not read
SURROGATE = re.compile("[\ud800-\udfff]")

WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)

EPILOG = """\
examples:
  e2a-swarm convert book.epub      make an audiobook on this machine alone
  e2a-swarm coordinate book.epub   share the book with the other machines
  e2a-swarm work                   on each of them: speak for all coordinators

e2a-swarm COMMAND --help tells more.
"""
BRIEF = """\
usage: e2a-swarm COMMAND [OPTION...]

One book, all the machines in the house, one audiobook.

  convert BOOK       make an audiobook on this machine alone
  preview BOOK       hear its first 30 seconds
  coordinate BOOK    share the book with the other machines
  join CODE          on each of them, once
  work               on each of them: speak for all coordinators

books      inspect, redo, verify, jobs
queue      serve, add, status, pause, resume, move, cancel, remove
machines   drain, limit, key, members, take-over, scale
voices     voices, models, engines
help       doctor, log, completions

e2a-swarm COMMAND --help tells more; e2a-swarm --help-all has a line for each,
e2a-swarm --version the version.
"""
OPTION_VARIABLES = {"serve": ENV_SERVE_OPTIONS, "work": ENV_WORK_OPTIONS}
# What people type who know other programs.
OTHER_COMMANDS = {
    "list": "`e2a-swarm jobs` lists the jobs of this machine, `e2a-swarm status` what the swarm does",
    "stop": "Ctrl-C ends a command, and `e2a-swarm cancel BOOK` a book of the queue",
    "version": "say `e2a-swarm --version`",
    "standby": "`e2a-swarm work --standby` keeps copies of the books of coordinators",
    "invite": "`e2a-swarm key --invite 15m` makes an invite",
    **dict.fromkeys(("web", "ui", "gui", "page"), "`e2a-swarm serve --speak` has a page, and tells its address"),
    **dict.fromkeys(
        ("install", "download", "fetch"),
        "`e2a-swarm models fetch NAME` downloads a voice's model, `e2a-swarm engines install NAME` an engine",
    ),
    **dict.fromkeys(("update", "upgrade", "uninstall"), "what installed it does that, as docs/install.md tells"),
}
OTHER_OPTIONS = {"-o": "--output-dir", **{f"--{name}": f"--output-format {name}" for name in FORMATS}}
MAX_SENTENCE = 2000  # characters of an error, which may hold what a user or a file said
FORBIDDEN = (
    "cannot be used: it belongs to another user, or its permissions keep this one out. Run the command as that user, "
    "change the permissions, or name another place."
)


def main(argv: list[str] | None = None) -> int:
    """Run a command line, by default the arguments of this process; return the exit code."""
    if argv is None:
        answer_shell(make_parser)
        _end_on_sigterm()
    _repair_streams()
    arguments = argparse.Namespace()
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        if "verbose" in arguments:
            _log_to_console(arguments)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except SystemExit as leaving:  # --help and --version
        return int(leaving.code or EXIT_DONE)
    except SwarmError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted; run the same command again to resume.", EXIT_INTERRUPTED)
    except BrokenPipeError:
        return _discard_output()
    except OSError as error:
        is_of_output = error.errno in WRITE_ERRORS and error.filename is None and _fails_to_print()
        return _fail_to_print(error) if is_of_output else _unforeseen(error, arguments)
    except Exception as error:  # a user must never see a bare traceback
        return _unforeseen(error, arguments)
    finally:
        if argv is not None and "verbose" in arguments:  # the caller's process lives on
            _end_console_log()


def _end_on_sigterm() -> None:
    """Let SIGTERM end this process like Ctrl-C from the beginning: the first process of a container ignores it."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _log_to_console(arguments: argparse.Namespace) -> None:
    """Show the log records of modules, for commands with --verbose."""
    import logging

    from swarm.watch.terminal import set_up_logging

    set_up_logging(verbose=arguments.verbose)
    python = sys.version.partition(" ")[0]
    logging.getLogger(__name__).debug(f"e2a-swarm {__version__} {arguments.command}, Python {python} on {os.name}")


def _end_console_log() -> None:
    from swarm.watch.terminal import end_logging

    end_logging()


def parse(argv: list[str]) -> argparse.Namespace:
    """Parse a command line into a namespace whose `run` does the work. Raises UsageError."""
    words = [_with_dashes(word) for word in argv[: _end_of_options(argv)]] + argv[_end_of_options(argv) :]
    words = _with_values(words)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    parser = make_parser(words[0] if words and words[0] in COMMANDS else "")
    words = [*words[:1], *_options_of_environment(*words[:1]), *words[1:]]
    if words and words[0] not in COMMANDS:
        _explain_first_word(words)
    _check_before_action(words, parser)
    arguments, rest = _parse_known(parser, words)
    # argparse stops collecting books at the first option between two of them.
    loose = [word for word in rest if not word.startswith("-")] if "books" in arguments else []
    unknown = [word for word in rest if word not in loose]
    if unknown:
        if "book" in arguments and not unknown[0].startswith("-"):
            raise UsageError(f"{words[0]} takes one book; put its path in quotes if it has a space.")
        raise UsageError(_unknown(unknown[0], parser, words[0]))
    if loose:
        arguments.books = [*arguments.books, *loose]
    _check_values(parser, arguments)
    return arguments


def _check_values(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Raise UsageError for text that no file can hold, and for a pipe in place of a file that is read."""
    for action in parser._actions:
        given = getattr(arguments, action.dest, None)
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str):
                _check_value((action.option_strings or [str(action.metavar)])[0], str(action.metavar), text)
    for below in parsers_below(parser).values():
        _check_values(below, arguments)


def _check_value(name: str, kind: str, text: str) -> None:
    if not NAMES_FILES.search(kind):
        if SURROGATE.search(text):
            raise UsageError(f"{name} {text!a} is no text that this terminal's encoding knows; write it in UTF-8.")
        return
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise UsageError(f"{name} {text}: this machine knows no such user; write the whole path.") from None
    if text and name not in WRITTEN and "BOOK" not in kind:  # what is wrong with a book is said where it is read
        with suppress(OSError, ValueError):  # nothing is known of it yet
            if stat.S_ISFIFO(path.stat().st_mode):
                raise UsageError(f"{name} {text} is a pipe: name a file, since it is read more than once.")


def _parse_known(parser: argparse.ArgumentParser, words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse words, with the settings of the house as defaults, whose folder the words may name. Raises UsageError."""
    arguments, rest = parser.parse_known_args(words)
    command = COMMANDS_BY_NAME.get(getattr(arguments, "command", None) or "")
    if command and command.common:
        from swarm.commands.house_settings import apply_settings, read_settings, settings_of

        values = settings_of(command, read_settings(state_folder(arguments.state_dir)))
        if values:
            apply_settings(parsers_below(parser)[command.name], command, values)
            arguments, rest = parser.parse_known_args(words)
        arguments.settings = values
    return arguments, rest


def _options_of_environment(command: str = "") -> list[str]:
    """Return the options that a variable has for a command; those of the command line come later. Raises UsageError."""
    variable = OPTION_VARIABLES.get(command, "")
    try:
        return shlex.split(os.environ.get(variable, ""))
    except ValueError as fault:
        raise UsageError(f"The variable {variable} cannot be read: {str(fault).lower()}.") from fault


def _check_before_action(words: list[str], parser: argparse.ArgumentParser) -> None:
    """Raise UsageError for an unknown option of a command with actions: argparse takes its value for an action."""
    found = parsers_below(parser).get(words[0] if words else "")
    if found and (below := parsers_below(found)):
        known = {
            name for each in (found, *below.values()) for action in each._actions for name in action.option_strings
        }
        for word in words[1 : _end_of_options(words)]:
            if word.startswith("--") and word.partition("=")[0] not in known:
                raise UsageError(_unknown(word, parser, words[0]))


def _with_values(words: list[str]) -> list[str]:
    """Join options such as --verify with their value, or with the one that they have without any."""
    end, joined = _end_of_options(words), list[str]()
    for number, word in enumerate(words[:end]):
        before = OPTIONAL_VALUES.get(words[number - 1]) if number else None
        if before and word in before.words:
            joined[-1] = f"{before.name}={word}"
        else:
            joined.append(f"{word}={OPTIONAL_VALUES[word].const}" if word in OPTIONAL_VALUES else word)
    return joined + words[end:]


def make_parser(only: str = "") -> argparse.ArgumentParser:
    """Make the parser of the whole command line, with the options of all commands, or of one, which is quicker."""
    parser = Parser(
        prog="e2a-swarm", description="One book, all the machines in the house, one audiobook.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"e2a-swarm {__version__}")
    parser.add_argument("--help-all", action=ShowAll, nargs=0, help="show a line for each command")
    parser.brief = BRIEF
    parser.set_defaults(run=lambda _arguments: _show_help(parser))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in ALL:
        known = (
            commands.add_parser(command.name, help=command.line) if command.line else commands.add_parser(command.name)
        )
        if only in ("", command.name):
            make_command(known, command)
    return parser


def _show_help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return EXIT_USAGE


def _end_of_options(words: list[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def _with_dashes(word: str) -> str:
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if name.startswith("--") else word


def _explain_first_word(words: list[str]) -> None:
    first = words[0]
    if first in ("-h", "--help", "--help-all", "--version"):
        return
    if first.startswith("-"):
        raise UsageError(f"the command must come first: e2a-swarm convert {' '.join(words)}")
    if first.lower().endswith(".epub") or Path(first).exists():
        raise UsageError(f"the command is missing before {first}: e2a-swarm convert {first}")
    if first.lower() in OTHER_COMMANDS:
        raise UsageError(f"there is no command {first!r}: {OTHER_COMMANDS[first.lower()]}.")
    raise UsageError(f"there is no command {first!r}{_nearest(first, COMMANDS)}; try e2a-swarm --help")


def _unknown(word: str, parser: argparse.ArgumentParser, command: str) -> str:
    kind = "option" if word.startswith("-") else "word"
    name = word.partition("=")[0]
    found = parsers_below(parser)[command]
    known, said = _options_of(found), OTHER_OPTIONS.get(name, "")
    near = f" (here it is {said})" if said.partition(" ")[0] in known else _nearest(name, known)
    return f"{command} does not know the {kind} {name}{near}; {found.hint}"


def _options_of(parser: Parser) -> list[str]:
    return [name for action in parser._actions if action.help != argparse.SUPPRESS for name in action.option_strings]


def _nearest(word: str, known: tuple[str, ...] | list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def _repair_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the parent process closed it
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  (stays open until the process ends)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _fail(message: str, code: int) -> int:
    warn(f"e2a-swarm: {shorten_middle(message, MAX_SENTENCE)}", error=True)
    return code


def _discard_output() -> int:
    # The reader of our output has left. Without this the interpreter would complain when it shuts down.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_DONE


def _fails_to_print() -> bool:
    """Tell whether an output takes no more: an error of a write may be of any other file."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
            os.write(stream.fileno(), b"\n")
        except (OSError, ValueError):
            return True
    return False


def _fail_to_print(error: OSError) -> int:
    _discard_output()
    return _fail(
        f"the output cannot be written: {error.strerror}; send it elsewhere. Finished work is kept.",
        EnvironmentFault.exit_code,
    )


def _unforeseen(error: Exception, arguments: argparse.Namespace) -> int:
    import traceback

    if lacking := _exhausted_resource(error):
        return _fail(f"{lacking}, and run the same command again. Finished work is kept.", EnvironmentFault.exit_code)
    if isinstance(error, PermissionError) and error.filename:
        return _fail(f"{os.fsdecode(error.filename)} {FORBIDDEN}", EnvironmentFault.exit_code)
    text = "".join(traceback.format_exception(error))
    if getattr(arguments, "verbose", False):
        from swarm.system.text import plain_lines
        from swarm.watch.terminal import Priority, marked

        sys.stderr.write(marked(plain_lines(text.rstrip("\n")), Priority.ERROR, sys.stderr) + "\n")
    named = f"{type(error).__name__}: {error}".partition("\n")[0]
    return _fail(f"this should not happen: {named}; {_save_traceback(text, arguments)}", EXIT_SOFTWARE)


def _exhausted_resource(error: Exception) -> str:
    """Return a sentence about the resource that ran out, if that is the fault; else ""."""
    number = error.errno if isinstance(error, OSError) else 0
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many files are open; raise the limit (`ulimit -n 4096`)"
    if isinstance(error, MemoryError) or number == errno.ENOMEM or "can't start new thread" in str(error):
        return "this machine is out of memory, or cannot start more threads; end other programs"
    return ""


def _save_traceback(text: str, arguments: argparse.Namespace) -> str:
    from datetime import UTC, datetime

    path = state_folder(getattr(arguments, "state_dir", None)) / "log" / f"error-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"e2a-swarm {__version__}, Python {sys.version}\n{text}", encoding="utf-8", errors="replace")
    except OSError:
        return "--verbose shows where."
    return f"the traceback is in {path}"
