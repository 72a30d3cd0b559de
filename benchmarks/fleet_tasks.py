"""What a Celery fleet without e2a-swarm would run: whole chapters as tasks, or sentences as tasks.

`celery_fleet.py` starts Celery workers of this module and measures them.
"""

import base64
import os
from pathlib import Path

from celery import Celery

from swarm.job.spec import Recipe
from swarm.voice.engine import Voice
from swarm.voice.host.takes import make_clip
from swarm.voice.metronome.engine import engine

BROKER = os.environ.get("E2A_SWARM_BROKER", "redis://localhost:6379/0")
app = Celery("fleet_tasks", broker=BROKER, backend=BROKER)
app.conf.update(
    broker_transport_options={"visibility_timeout": int(os.environ.get("E2A_BENCH_VISIBILITY_S", "3600"))},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)


@app.task(name="bench.speak")  # type: ignore[untyped-decorator]
def speak(texts: list[str], cost: float, sound: float) -> list[str]:
    """Speak texts; return their clips."""
    return spoken(texts, cost, sound)


def spoken(texts: list[str], cost: float, sound: float) -> list[str]:
    """Speak texts; return their clips in base64."""
    settings = ("cost_per_char", cost), ("seconds_per_char", sound)
    voice = engine.open(Recipe("metronome", "tick", "en", settings=settings), "cpu")
    return [_clip(voice, text) for text in texts]


def _clip(voice: Voice, text: str) -> str:
    clip = make_clip(voice.speak(text, 0), voice.sample_rate, text)
    with Path(f"spoken-{os.getpid()}").open("ab") as spoken:  # the benchmark counts what was spoken again
        spoken.write(b".")
    return base64.b64encode(clip.frame).decode()
