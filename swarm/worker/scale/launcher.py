"""What starts pilots: a batch system by one of parsl's providers, or a Celery fleet that is asked for slots. No
clip, lease or retry goes through the broker of a fleet."""

import inspect
import shlex
import time
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from swarm.errors import EnvironmentFault, UsageError
from swarm.system.machine import extra_line

PROVIDERS = {
    "local": "LocalProvider",
    "slurm": "SlurmProvider",
    "pbs": "PBSProProvider",
    "torque": "TorqueProvider",
    "lsf": "LSFProvider",
    "condor": "CondorProvider",
    "gridengine": "GridEngineProvider",
    "kubernetes": "KubernetesProvider",
    "aws": "AWSProvider",
    "gcp": "GoogleCloudProvider",
    "azure": "AzureProvider",
}
OURS = ("self", "walltime", "init_blocks", "min_blocks", "max_blocks", "parallelism", "nodes_per_block", "launcher")
SPARE_S = 300  # a job lasts so long after its worker should have left: engines start and end in it
CLEAR_S = 60
MAX_NOTE = 300


class Launcher(Protocol):
    """Starts workers somewhere and knows which of them are over. Its methods wait for other programs."""

    def start(self, name: str, coordinator: str, words: list[str]) -> str:
        """Ask for one worker for a coordinator, with more words of `work`; return a ticket. Raises EnvironmentFault."""
        ...

    def ended(self, tickets: Collection[str]) -> dict[str, str]:
        """Return the tickets that are over, each with what is known of its end. Raises EnvironmentFault."""
        ...


class ParslLauncher:
    """A batch system by one of parsl's providers. Each pilot is a job of its own."""

    def __init__(self, name: str, options: Mapping[str, str], program: str, folder: Path, stay_s: float) -> None:
        """Open the provider of a name in PROVIDERS. Raises UsageError, EnvironmentFault."""
        self._name = name
        self._program = program
        try:
            kind = getattr(import_module("parsl.providers"), PROVIDERS[name])
        except ImportError:
            raise EnvironmentFault(f"--with {name} needs parsl: {extra_line('clusters')}") from None
        wanted = provider_options(kind, name, options)
        if "walltime" in inspect.signature(kind).parameters:
            minutes = int(stay_s + SPARE_S) // CLEAR_S + 1
            wanted["walltime"] = f"{minutes // 60:02}:{minutes % 60:02}:00"
        try:
            self._provider = kind(**wanted)
        except Exception as fault:  # providers raise anything: a missing client, credentials, a region
            raise EnvironmentFault(f"{name} cannot be used: {brief(fault)}") from fault
        folder.mkdir(parents=True, exist_ok=True)
        self._provider.script_dir = str(folder)

    def start(self, name: str, coordinator: str, words: list[str]) -> str:
        """Submit a job that is one worker; return its id."""
        try:
            ticket = self._provider.submit(command_line(self._program, name, coordinator, words), 1, name)
        except Exception as fault:
            raise EnvironmentFault(f"{self._name} took no job: {brief(fault)}") from fault
        if ticket is None:
            raise EnvironmentFault(f"{self._name} took no job.")
        return str(ticket)

    def ended(self, tickets: Collection[str]) -> dict[str, str]:
        """Return the jobs that are over, with their states and last words."""
        if not tickets:
            return {}
        try:
            states = self._provider.status([*tickets])
        except Exception as fault:
            raise EnvironmentFault(f"{self._name} does not tell how its jobs are: {brief(fault)}") from fault
        return {
            ticket: f"{state.status_name.lower()} {state.message or state.stderr_summary or ''}".strip()[-MAX_NOTE:]
            for ticket, state in zip(tickets, states, strict=True)
            if state.terminal
        }


def provider_options(kind: Any, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a provider, each as its default's kind of value. Raises UsageError."""
    known = {word: p for word, p in inspect.signature(kind).parameters.items() if word not in OURS}
    for word in options:
        if word not in known:
            raise UsageError(f"--provider-option {word}: {name} knows {', '.join(sorted(known))}.")
    return {word: _value(word, text, known[word]) for word, text in options.items()}


def _value(word: str, text: str, parameter: inspect.Parameter) -> Any:
    declared = str(parameter.annotation)
    if isinstance(parameter.default, bool) or "bool" in declared:
        if text.lower() not in ("true", "false"):
            raise UsageError(f"--provider-option {word} takes true or false, not {text!r}.")
        return text.lower() == "true"
    if "int" in declared or type(parameter.default) is int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UsageError(f"--provider-option {word} takes a whole number, not {text!r}.")
        return int(text)
    return text


def command_line(program: str, name: str, coordinator: str, words: list[str]) -> str:
    """Return the shell's line that is one worker. `program` may be several words, as the shell reads them."""
    return f"exec {program} work {shlex.join(['--name', name, '--coordinator', coordinator, *words])}"


def brief(fault: Exception) -> str:
    """Return what a library's exception says, in one short line."""
    said = " ".join(str(fault).split()) or type(fault).__name__
    return said[:MAX_NOTE]


RETRY = {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.5}


class CeleryLauncher:
    """A Celery fleet whose workers know the task of `worker/scale/lending.py`."""

    def __init__(self, broker: str, stay_s: float, idle_s: float) -> None:
        """Prepare to send tasks. Raises UsageError, EnvironmentFault."""
        if not broker:
            raise UsageError("--with celery needs --broker redis://HOST:6379/0, or E2A_SWARM_BROKER.")
        try:
            from swarm.worker.scale.lending import MAX_STAY_S, TASK, make_app
        except ImportError:
            raise EnvironmentFault(f"--with celery needs Celery: {extra_line('celery')}") from None
        if stay_s > MAX_STAY_S:
            raise UsageError(f"--for: a Celery fleet lends a slot for at most {MAX_STAY_S // 60:.0f}m.")
        self._app = make_app(broker)
        self._task = TASK
        self._stay_s = stay_s
        self._idle_s = idle_s
        self._asked_s: dict[str, float] = {}

    def start(self, name: str, coordinator: str, words: list[str]) -> str:
        """Send a task; return its id. It is void if no worker of the fleet begins it in the time of one stay."""
        try:
            sent = self._app.send_task(
                self._task,
                kwargs={
                    "name": name.removeprefix("celery-"),
                    "coordinator": coordinator,
                    "stay_s": self._stay_s,
                    "idle_s": self._idle_s,
                },
                expires=self._stay_s,
                retry_policy=RETRY,
            )
        except Exception as fault:  # the broker's client may raise anything
            raise EnvironmentFault(f"the broker takes no task: {brief(fault)}") from fault
        self._asked_s[str(sent.id)] = time.monotonic()
        return str(sent.id)

    def ended(self, tickets: Collection[str]) -> dict[str, str]:
        """Return the tasks that are over, with their results, and those that no worker began in time."""
        over: dict[str, str] = {}
        for ticket in tickets:
            result = self._app.AsyncResult(ticket)
            try:
                state = result.state
                said = str(result.result) if result.ready() else ""
            except Exception as fault:
                raise EnvironmentFault(f"the broker does not answer: {brief(fault)}") from fault
            waited_s = time.monotonic() - self._asked_s[ticket]
            if result.ready() or (state == "PENDING" and waited_s > self._stay_s):
                over[ticket] = said
        return over
