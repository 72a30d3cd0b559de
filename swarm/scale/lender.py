"""Asks a Celery fleet for slots. No clip, lease or retry goes through its broker."""

import time
from collections.abc import Collection

from swarm.errors import EnvironmentFault, UsageError
from swarm.scale.launcher import brief
from swarm.system.installation import extra_line

RETRY = {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.5}


class CeleryLauncher:
    """A Celery fleet whose workers know the task of `scale/lending.py`."""

    def __init__(self, broker: str, stay_s: float, idle_s: float) -> None:
        """Prepare to send tasks. Raises UsageError, EnvironmentFault."""
        if not broker:
            raise UsageError("--with celery needs --broker redis://HOST:6379/0, or E2A_SWARM_BROKER.")
        try:
            from swarm.scale.lending import MAX_STAY_S, TASK, make_app
        except ImportError:
            raise EnvironmentFault(f"--with celery needs Celery: {extra_line('celery')}") from None
        if stay_s > MAX_STAY_S:
            raise UsageError(f"--for: a Celery fleet lends a slot for at most {MAX_STAY_S // 60:.0f}m.")
        self._app, self._task = make_app(broker), TASK
        self._stay_s, self._idle_s = stay_s, idle_s
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
