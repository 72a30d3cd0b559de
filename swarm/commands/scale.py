"""`e2a-swarm scale`: ask a batch system or a Celery fleet for workers, as many as there is work for."""

import argparse
import os
import shlex
import time

from swarm.commands import option
from swarm.commands.command_table import WHERE
from swarm.commands.output import say, warn
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError
from swarm.net.client import Answer, ask_swarm
from swarm.net.identity.identity import keyring_of
from swarm.net.identity.keys import security
from swarm.system.platform import run_loop
from swarm.worker.scale.launcher import CeleryLauncher, Launcher, ParslLauncher, command_line
from swarm.worker.scale.pilots import Pilots, Wish, advise
from swarm.worker.scale.scaler import Scaler, advice_line, fleet_of


def run(arguments: argparse.Namespace) -> int:
    """Ask for workers until all is spoken; return the exit code. Raises UsageError, EnvironmentFault."""
    wish = wish_of(arguments, time.time())
    where = option.one_of("--with", arguments.where, WHERE)
    words = _words(arguments)
    launcher = _launcher(arguments, where, wish)
    found = run_loop(_find(arguments))
    if arguments.dry_run:
        return _dry_run(arguments, wish, found, words)
    folder = state_folder(arguments.state_dir)
    keys = keyring_of(folder, security(folder, open=arguments.open))
    return run_loop(Scaler(wish, launcher, found.address, words, where, say).scale_workers(keys))


def wish_of(arguments: argparse.Namespace, now: float) -> Wish:
    """Return what the user allows. Raises UsageError."""
    return Wish(
        most=option.whole("--most", arguments.most, 1, 10_000),
        stay_s=option.duration("--for", arguments.for_),
        until_s=_moment(arguments.until, now) if arguments.until else None,
        budget_s=option.duration("--budget", arguments.budget) if arguments.budget else None,
    )


def _moment(text: str, now: float) -> float:
    """Return the next moment of a clock time such as 7:00, or the one so long from now."""
    hours, colon, minutes = text.strip().partition(":")
    if not colon:
        return now + option.duration("--until", text)
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60 and len(text) < 6):
        raise UsageError(f"--until takes a time such as 7:00 or a length such as 90m, not {text!r}.")
    day = time.localtime(now)
    at = (day.tm_year, day.tm_mon, day.tm_mday, int(hours), int(minutes), 0, 0, 0, -1)
    moment = time.mktime(at)
    return moment if moment > now else time.mktime((*at[:2], at[2] + 1, *at[3:]))


async def _find(arguments: argparse.Namespace) -> Answer:
    """Return the answer of the one coordinator. Raises EnvironmentFault, UsageError."""
    state_dir = state_folder(arguments.state_dir)
    answers = await ask_swarm(
        state_dir, coordinator=arguments.coordinator, is_open=arguments.open, say=warn, everywhere=True
    )
    found = [answer for answer in answers if answer.reply]
    if len(found) > 1:
        names = ", ".join(answer.address for answer in found)
        raise UsageError(f"there are several coordinators: say which one with --coordinator ({names}).")
    if not found:
        refusal = next((answer.refusal for answer in answers if answer.refusal), "")
        raise EnvironmentFault(refusal or "no coordinator answers; name it with --coordinator HOST:PORT.")
    return found[0]


def _words(arguments: argparse.Namespace) -> list[str]:
    """Return the options of each worker."""
    try:
        more = shlex.split(arguments.work)
    except ValueError:
        raise UsageError(f"--work: a quote is open in {arguments.work!r}.") from None
    ends = ["--for", arguments.for_, "--exit-when-idle", arguments.exit_when_idle, "--exit-when-done"]
    ends += ["--tag", arguments.where]  # the last one counts, so --work may say another
    option.duration("--exit-when-idle", arguments.exit_when_idle)
    return [*ends, *(["--open"] if arguments.open else []), *more]


def _launcher(arguments: argparse.Namespace, where: str, wish: Wish) -> Launcher:
    options = dict(_pair(text) for text in arguments.provider_option)
    if where == "celery":
        if options or arguments.work or arguments.open:
            raise UsageError(
                "--with celery takes no --provider-option, --work or --open: each machine of the fleet "
                "has its own options in E2A_SWARM_LEND."
            )
        broker = arguments.broker or os.environ.get("E2A_SWARM_BROKER", "")
        idle_s = option.duration("--exit-when-idle", arguments.exit_when_idle)
        return CeleryLauncher(broker, wish.stay_s, idle_s)

    folder = state_folder(arguments.state_dir) / "pilots"
    return ParslLauncher(where, options, arguments.program, folder, wish.stay_s)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--provider-option takes NAME=VALUE, not {text!r}.")
    return name.strip(), value


def _dry_run(arguments: argparse.Namespace, wish: Wish, found: Answer, words: list[str]) -> int:
    assert found.reply
    pilots = Pilots(wish.stay_s)
    fleet = fleet_of(found.reply, pilots)
    say(f"{fleet.characters} characters are left, {fleet.pace:.0f} a second are spoken by {fleet.measured} workers")
    say(advice_line(advise(wish, fleet, time.time()), arguments.where, pilots))
    if arguments.where != "celery":
        say(f"each: {command_line(arguments.program, 'NAME', found.address, words)}")
    return EXIT_DONE
