"""Run seeds: `python tests/simulation/run.py --seed 7`, `--seeds 0-500`, `--for-ever`; README.md tells more."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from pathlib import Path

sys.path[:0] = [str(folder) for folder in (Path(__file__).parent, *Path(__file__).parents[1:3])]

from mutants import MUTANTS, PROVOKED_BY, mutated  # noqa: E402
from story import Violation  # noqa: E402
from world import World  # noqa: E402


def play(seed: int, also: tuple[str, ...] = (), *, brief: bool = False) -> str:
    """Run one seed; return its story and what went wrong, or "" if nothing did. `also` are faults to add."""
    try:
        World(seed, also=also).go()
    except Exception:
        return retell(seed, also, brief=brief)
    return ""


def retell(seed: int, also: tuple[str, ...], *, brief: bool) -> str:
    """Run a seed that failed once more and return the story of the segment concerned."""
    world = World(seed, tell=True, also=also)
    story = world.story
    assert story is not None
    try:
        world.go()
    except Violation as violation:
        spot = violation.spots[0] if violation.spots else ("", -1, -1)
        told, what = story.of(spot, brief=brief), f"{violation} {violation.spots or ''}"
    except Exception:
        told, what = story.of(("", -1, -1), brief=brief), traceback.format_exc()
    else:
        raise AssertionError(f"seed {seed} does not replay: something depends on more than the seed")
    return f"{told}\nseed {seed} fails: {what}\nfaults: {', '.join(sorted(world.faults.began))}"


def run(seeds: Iterable[int], also: tuple[str, ...], *, short: bool, brief: bool) -> int:
    """Run seeds until one fails, or all of them with two lines a failure; return the exit code."""
    failed, done, began_s = 0, 0, time.monotonic()
    try:
        for seed in seeds:
            told = play(seed, also, brief=brief)
            done += 1
            failed += bool(told)
            if told:
                print("\n".join(told.splitlines()[-2:]) if short else told, flush=True)
            if told and not short:
                break
    except KeyboardInterrupt:
        print()
    print(f"{done} seeds in {time.monotonic() - began_s:.1f} s, {failed} failed")
    return int(failed > 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run one seed; if it fails, tell the story of the segment")
    parser.add_argument("--seeds", default="0-500", help="run a range of seeds, the last one left out")
    parser.add_argument("--for-ever", action="store_true", help="run seeds until one fails, or Ctrl-C")
    parser.add_argument("--short", action="store_true", help="two lines a failure, and go on")
    parser.add_argument("--brief", action="store_true", help="leave heartbeats and `Done` out of the story")
    parser.add_argument("--log", type=Path, metavar="DIR", help="with --seed: keep each machine's log")
    parser.add_argument("--mutant", choices=MUTANTS, metavar="NAME", help="break the cores on purpose (mutants.py)")
    parser.add_argument("--also", action="append", default=[], metavar="FAULT", help="a fault to have in any case")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    if arguments.seed is not None:
        first, last = arguments.seed, arguments.seed + 1
    seeds = count(first) if arguments.for_ever else range(first, last)
    cores: AbstractContextManager[None] = mutated(arguments.mutant) if arguments.mutant else nullcontext()
    with cores:
        also = (*PROVOKED_BY.get(arguments.mutant, ()), *arguments.also)
        if arguments.log and arguments.seed is not None:
            with suppress(Exception):  # told below
                World(arguments.seed, also=also, logs=arguments.log).go()
        return run(seeds, also, short=arguments.short, brief=arguments.brief)


if __name__ == "__main__":
    sys.exit(main())
