"""Run seeds: `python tests/simulation/run.py --seed 7`, `--seeds 0-500`, `--for-ever`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterable
from itertools import count
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from faults import Faults  # noqa: E402
from story import Violation  # noqa: E402
from world import World  # noqa: E402


def play(seed: int) -> str:
    """Run one seed; its story and what went wrong, or "" if nothing did."""
    try:
        World(seed).go()
    except Exception:
        return retell(seed)
    return ""


def retell(seed: int) -> str:
    """Run a seed that failed again, keeping its story."""
    world = World(seed, tell=True)
    story = world.story
    assert story is not None
    try:
        world.go()
    except Violation as violation:
        spot = violation.spots[0] if violation.spots else ("", -1, -1)
        told, what = story.of(spot), f"{violation} {violation.spots or ''}"
    except Exception:
        told, what = story.of(("", -1, -1)), traceback.format_exc()
    else:
        raise AssertionError(f"seed {seed} does not replay: something depends on more than the seed")
    return f"{told}\nseed {seed} fails: {what}\nfaults: {', '.join(sorted(Faults.of(seed).on))}"


def run(seeds: Iterable[int], short: bool) -> int:
    """Run seeds until one fails, or all of them with a line a failure."""
    failed, done, began_s = 0, 0, time.monotonic()
    try:
        for seed in seeds:
            told = play(seed)
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
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    if arguments.seed is not None:
        first, last = arguments.seed, arguments.seed + 1
    return run(count(first) if arguments.for_ever else range(first, last), arguments.short)


if __name__ == "__main__":
    sys.exit(main())
