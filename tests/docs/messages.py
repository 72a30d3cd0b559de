"""The texts that the code may print: its strings, with … in place of each filled-in value."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def printed_by_the_code(folder: Path) -> list[str]:
    return [text for path in sorted(folder.rglob("*.py")) for text in _texts(ast.parse(path.read_text("utf-8")))]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield PLACEHOLDER.sub("…", node.value)
