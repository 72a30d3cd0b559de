"""No engine is known by name outside its own folder and the table of built-in engines."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from swarm.voice.built_in import BUILT_IN
from swarm.voice.host.registry import built_in_engines

ROOT = Path(__file__).resolve().parents[2]
TABLE = "swarm/voice/built_in.py"
WORDS = {word.lower() for engine in built_in_engines() for word in (engine.card.name, *engine.aliases)}
NAMED = re.compile(rf"(?<![a-z])({'|'.join(sorted(WORDS, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)

# Lines that may name an engine nevertheless, by file. Each has a reason.
EXAMPLE = "an example of the help"
EXCEPTIONS = {
    "swarm/commands/option_table.py": {
        '"hibari, kokoro, piper, xtts, ..."': EXAMPLE,
        "a server of your own (`openai`": EXAMPLE,
        "`piper:de_DE-thorsten-medium` names a model too": EXAMPLE,
        '"With `openai`, a model of the server."': EXAMPLE,
        'example="kokoro"': EXAMPLE,
        'example="vits"': EXAMPLE,
        "who speaks, with OpenAI's API": "the name of an interface",
    },
    "swarm/coordinator/speaker_server.py": {"from swarm.voice.openai.": "the client of an interface of that name"},
    "swarm/commands/command_table.py": {
        '"e2a-swarm doctor --engine espeak"': EXAMPLE,
        '"e2a-swarm engines install coqui"': EXAMPLE,
        '"e2a-swarm engines remove coqui"': EXAMPLE,
        '"e2a-swarm models fetch xtts --accept-coqui-license"': EXAMPLE,
        '"e2a-swarm models fetch vits --language fr"': EXAMPLE,
        '"e2a-swarm models remove xtts"': EXAMPLE,
        '"e2a-swarm models remove vits --language fr"': EXAMPLE,
        "one that samples (XTTS and the like)": EXAMPLE,
        "'\"openai=15 USD\"'": EXAMPLE,
    },
    "swarm/server/page/advice.py": {"such as openai=15 USD": "an example of an error"},
    "swarm/book/language/languages/en/heteronym.py": {
        'find_spec("hibari", None)': "the package whose tagger reads English"
    },
    "swarm/book/speech/speech.py": {"HAVE_A_TAGGER =": "an engine that reads with that tagger by itself"},
}
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "swarm").rglob("*.py")
    if path.relative_to(ROOT).as_posix() != TABLE and not any(name in path.parts for name in BUILT_IN)
)


def code_of(text: str) -> Iterator[tuple[int, str]]:
    """Return the names and strings of a source with their lines, without comments and docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [
        node.body for node in ast.walk(ast.parse(text)) if isinstance(node, documented) and ast.get_docstring(node)
    ]
    docstrings = {body[0].lineno for body in bodies}
    kinds = {tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds and token.start[0] not in docstrings:
            yield token.start[0], token.string


def named_in(path: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    if not NAMED.search(text):
        return []
    lines = text.splitlines()
    found = sorted({number for number, word in code_of(text) if NAMED.search(word)})
    allowed = EXCEPTIONS.get(path, {})
    return [lines[number - 1] for number in found if not any(word in lines[number - 1] for word in allowed)]


def test_no_engine_is_named_outside_its_own_folder() -> None:
    assert {path: lines for path in SOURCES if (lines := named_in(path))} == {}


def test_the_table_names_each_engine_as_its_card_does() -> None:
    assert [engine.card.name for engine in built_in_engines()] == list(BUILT_IN)
