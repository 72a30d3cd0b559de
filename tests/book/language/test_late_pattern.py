import pickle
import subprocess
import sys

import pytest
import regex

from swarm.book.language.pattern import LatePattern, compile_later, value

IMPORTED = """
import gc
import swarm.book.speech.script
from swarm.book.language.pattern import LatePattern
late = [each for each in gc.get_objects() if isinstance(each, LatePattern)]
print(len(late), sum(each._compiled is not None for each in late))
"""


def test_a_pattern_does_what_a_compiled_one_does() -> None:
    late, compiled = compile_later(r"(\p{L})(\d?)", regex.IGNORECASE), regex.compile(r"(\p{L})(\d?)", regex.IGNORECASE)
    assert (late.pattern, late.flags, late.groups) == (compiled.pattern, compiled.flags, compiled.groups)
    assert late.sub(r"\2\1", "a1 b") == "1a b"
    assert [match[0] for match in late.finditer("a1 b")] == ["a1", "b"]
    assert late.fullmatch("1a") is None
    assert late.sub is late.sub


def test_a_fault_in_a_pattern_is_raised_when_it_is_used() -> None:
    late = compile_later("(")
    for _ in range(2):
        with pytest.raises(regex.error):
            late.search("x")


def test_it_has_no_hidden_methods_that_it_could_look_for_without_end() -> None:
    assert not hasattr(compile_later("a"), "_hidden")
    assert pickle.loads(pickle.dumps(LatePattern("a"))).search("a")


def test_a_start_compiles_almost_none() -> None:
    there = subprocess.check_output([sys.executable, "-c", IMPORTED], text=True)
    patterns, compiled = map(int, there.split())
    assert patterns > 300
    assert compiled < patterns / 20


@pytest.mark.parametrize(("numeral", "worth"), [("I", 1), ("IV", 4), ("xii", 12), ("XCIX", 99), ("MDCCCLXVI", 1866)])
def test_values(numeral: str, worth: int) -> None:
    assert value(numeral) == worth
