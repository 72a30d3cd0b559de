"""Makes the requests for a recipe, and checks what a job may put into them: the server trusts its own network."""

import re

from swarm.errors import UsageError
from swarm.job.spec import Recipe, Setting

MAX_NAME_CHARS = 200
MAX_FIELDS = 20
RESERVED = ("model", "input", "voice", "response_format", "speed", "instructions", "seed")

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_WORD = re.compile(r"[\w .+-]{1,100}")  # no address and no path, which some servers would open


def check_name(noun: str, name: str, *, slashes: bool = False) -> str:
    """Return the name of a voice or a model, if it is no address and no path. Raises UsageError."""
    plain = name.isprintable() and len(name) <= MAX_NAME_CHARS and ".." not in name and "://" not in name
    if not plain or "\\" in name or name.startswith("/") or ("/" in name and not slashes):
        raise UsageError(f"A {noun} of a speech server cannot be called {name[:100]!r}.")
    return name


def read_fields(text: str) -> dict[str, Setting]:
    """Return the fields of the setting `fields`, such as "language=German,exaggeration=0.6". Raises UsageError."""
    pairs = [pair.partition("=") for pair in text[:4000].split(",") if pair.strip()]
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    for name, value in fields.items():
        if name in RESERVED or not _FIELD.fullmatch(name) or not _WORD.fullmatch(value) or len(fields) > MAX_FIELDS:
            raise UsageError(
                f"The setting fields takes up to {MAX_FIELDS} NAME=VALUE with commas between, such as "
                f"language=German,exaggeration=0.6, with plain words and numbers, not {name[:40]}={value[:100]!r}."
            )
    return {name: _value(value) for name, value in fields.items()}


def _value(word: str) -> Setting:
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            number = kind(word)
        except ValueError:
            continue
        return number if abs(number) < 1e15 else word  # neither NaN nor infinity passes
    return word


def make_request(recipe: Recipe, text: str, seed: int) -> dict[str, object]:
    """Return the body of the request for a text. Raises UsageError for a recipe that asks for too much."""
    settings = dict(recipe.settings)
    request: dict[str, object] = {"input": text, "response_format": settings.get("format", "wav")}
    if recipe.model:
        request["model"] = check_name("model", recipe.model, slashes=True)
    if recipe.voice:
        request["voice"] = check_name("voice", recipe.voice)
    if settings.get("speed", 1.0) != 1.0:
        request["speed"] = settings["speed"]
    if instructions := str(settings.get("instructions", ""))[:2000]:
        request["instructions"] = instructions
    if settings.get("seeds"):
        request["seed"] = seed
    return request | read_fields(str(settings.get("fields", "")))
