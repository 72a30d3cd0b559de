"""The result of a check of this machine, as `doctor` prints it."""

from typing import Literal, NamedTuple

Verdict = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """The result of one check; `remedy` is empty where nothing is wrong."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""
