"""`e2a-swarm completions`: print what makes a shell complete command lines, and answer when that shell asks."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable

from swarm.commands.command_table import SHELLS
from swarm.commands.option import one_of
from swarm.errors import EXIT_DONE

ASKED_BY_A_SHELL = "_ARGCOMPLETE"  # the variable that the printed scripts set

_PATHS = re.compile(r"\b(?:BOOK|DIR|FILES?|PATH|PICTURE)\b")  # names of values in the help that may be paths


def run(arguments: argparse.Namespace) -> int:
    """Print the script; return the exit code. Raises UsageError if it is for none of SHELLS."""
    from argcomplete.shell_integration import shellcode

    shell = one_of("completions", arguments.shell, SHELLS)
    sys.stdout.write(shellcode(["e2a-swarm"], shell=shell))
    return EXIT_DONE


def answer_shell(make_parser: Callable[[], argparse.ArgumentParser]) -> None:
    """End the process with the words that may come next, if a shell asks for them."""
    if ASKED_BY_A_SHELL not in os.environ:
        return
    import argcomplete

    argcomplete.autocomplete(make_parser(), default_completer=paths_where_one_belongs)  # type: ignore[arg-type]


def paths_where_one_belongs(prefix: str, action: argparse.Action, **_: object) -> Iterable[str]:
    """Return the paths that begin like `prefix`, if the help names a file or folder as the value."""
    from argcomplete.completers import FilesCompleter

    return FilesCompleter()(prefix) if _PATHS.search(str(action.metavar)) else ()
