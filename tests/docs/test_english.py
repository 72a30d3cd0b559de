"""The rules of plain English that a machine can hold (CONTRIBUTING.md); ruff's D401 holds others."""

import ast
import io
import re
import tokenize
from functools import cache
from typing import NamedTuple

from pages import ROOT

FOLDERS = ("swarm", "benchmarks", "tests")
SOURCES = sorted(path.relative_to(ROOT).as_posix() for name in FOLDERS for path in (ROOT / name).rglob("*.py"))
NO_VERB = re.compile(
    r"(a|all|an|as|at|both|by|each|every|for|from|how|in|its?|no|not|nobody|nothing|of|on|one|only|some|something|that"
    r"|the|their|there|these|they|this|those|to|what|when|where|whether|which|who|whoever|whose|why|with)",
    re.IGNORECASE,
)
VAGUE = re.compile(r"\b(anybody|nobody|somebody|whoever|whosoever|whomever)\b", re.IGNORECASE)
MIN_WORDS = 3


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


class Docstring(NamedTuple):
    """A docstring of a module, a class or a function, and the name of a function that is no property."""

    text: str
    function: str


@cache
def docstrings(path: str) -> list[Docstring]:
    """Return the docstrings of a file. No tree is kept: the collector of garbage would go through all of them."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return [
        Docstring(text, function_of(node))
        for node in nodes
        if isinstance(node, kinds) and (text := ast.get_docstring(node, clean=False))
    ]


def function_of(node: ast.AST) -> str:
    """Return the name of a function that is no property, "" for all else."""
    return node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_property(node) else ""


def comments(path: str) -> list[str]:
    """Return the comments of a file."""
    source = io.StringIO((ROOT / path).read_text(encoding="utf-8"))
    return [token.string for token in tokenize.generate_tokens(source.readline) if token.type == tokenize.COMMENT]


def test_the_docstring_of_a_function_opens_with_a_verb() -> None:
    functions = [
        (path, function, text.split()[0].strip(".,:;`"))
        for path in SOURCES
        for text, function in docstrings(path)
        if function
    ]
    assert [(path, name) for path, name, first in functions if NO_VERB.fullmatch(first)] == []


def test_a_docstring_says_more_than_two_words() -> None:
    assert [(path, text) for path in SOURCES for text, _ in docstrings(path) if len(text.split()) < MIN_WORDS] == []


def vague(path: str) -> list[str]:
    """Return the docstrings and comments of a file that do not name the actor."""
    return [text for text in (*(text for text, _ in docstrings(path)), *comments(path)) if VAGUE.search(text)]


def test_docstrings_and_comments_name_the_actor() -> None:
    files = [path for path in SOURCES if not path.startswith("tests/")]
    assert [(path, texts) for path in files if (texts := vague(path))] == []
