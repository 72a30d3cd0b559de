"""The rules of plain English that a machine can hold (CONTRIBUTING.md); ruff's D401 holds others."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
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


def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in node.decorator_list)


def docstrings(path: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield each module, class and function of a file that has a docstring, with that docstring."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree(path)):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield node, text


def comments(path: str) -> list[str]:
    """Return the comments of a file."""
    source = io.StringIO((ROOT / path).read_text(encoding="utf-8"))
    return [token.string for token in tokenize.generate_tokens(source.readline) if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("path", SOURCES)
def test_the_docstring_of_a_function_opens_with_a_verb(path: str) -> None:
    functions = [
        (node.name, text.split()[0].strip(".,:;`"))
        for node, text in docstrings(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_property(node)
    ]
    assert [name for name, first in functions if NO_VERB.fullmatch(first)] == []


@pytest.mark.parametrize("path", SOURCES)
def test_a_docstring_says_more_than_two_words(path: str) -> None:
    assert [text for _, text in docstrings(path) if len(text.split()) < MIN_WORDS] == []


@pytest.mark.parametrize("path", [path for path in SOURCES if not path.startswith("tests/")])
def test_docstrings_and_comments_name_the_actor(path: str) -> None:
    texts = [*(text for _, text in docstrings(path)), *comments(path)]
    assert [text for text in texts if VAGUE.search(text)] == []


def test_the_rules_of_english_see_what_they_should() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    assert [node.name for node, _ in docstrings(here) if isinstance(node, ast.FunctionDef)] == [
        "docstrings",
        "comments",
    ]
    assert not comments(here)
    assert VAGUE.search("Whoever slept") and not VAGUE.search("the body of some text")
