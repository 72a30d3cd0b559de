"""Checks the vocabulary of an XTTS model from elsewhere before Coqui reads it: it may bring patterns of its own."""

from collections.abc import Iterator
from pathlib import Path

from swarm.voice.coqui.config import ConfigRefused, read_object

MAX_BYTES = 32 << 20
_STEPS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")  # these work on each text that is spoken
_MAX_PARTS = 1000


def check_vocabulary(path: Path) -> None:
    """Check that a vocab.json works without regular expressions, which could take for ever. Raises ConfigRefused."""
    said = read_object(path, "vocabulary", MAX_BYTES)
    for count, part in enumerate(_parts([said.get(step) for step in _STEPS])):
        if "Regex" in part or count > _MAX_PARTS:
            raise ConfigRefused(f"{path.name} has regular expressions, which models from elsewhere may not bring.")


def _parts(values: list[object]) -> Iterator[dict[str, object]]:
    """Yield every dict in these values."""
    while values:
        value = values.pop()
        if isinstance(value, dict):
            yield value
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
