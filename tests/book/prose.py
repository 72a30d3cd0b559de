"""A paragraph of the same small story in several languages, written for these tests."""

from pathlib import Path

_TABLE = Path(__file__).parent / "carried" / "prose.tsv"
PROSE = dict(line.split("\t") for line in _TABLE.read_text(encoding="utf-8").splitlines())
