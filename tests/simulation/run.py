"""Run seeds: `python tests/simulation/run.py --seed 7`, `--seeds 0-500`, `--for-ever`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from itertools import count
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from invariants import Violation  # noqa: E402
from world import World  # noqa: E402


steps = Counter()  # type: ignore[var-annotated]


def play(seed: int) -> str:
    """Run one seed; what went wrong and the segment's story, or "" if nothing did."""
    try:
        world = World(seed)
        world.go()
        steps.update(
            steps=world.steps,
            crashes=sum(c.run - 1 for c in world.coordinators),
            finished_s=int(world.finished_s - world.began_s),
        )
        return ""
    except Exception:
        return replay(seed)


def replay(seed: int) -> str:
    """Run a seed again, telling its story."""
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
    faults = ", ".join(sorted(World(seed).faults.on))
    return f"{told}\nseed {seed} fails: {what}\nfaults: {faults}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run one seed and tell its story if it fails")
    parser.add_argument("--seeds", default="0-200", help="run a range of seeds")
    parser.add_argument("--for-ever", action="store_true", help="run seeds until one fails or Ctrl-C")
    parser.add_argument("--short", action="store_true", help="one line a failure, and go on")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    seeds = [arguments.seed] if arguments.seed is not None else count() if arguments.for_ever else range(first, last)
    failed, began_s, done = 0, time.monotonic(), 0
    for seed in seeds:
        told = play(seed)
        done += 1
        if told:
            failed += 1
            print("\n".join(told.splitlines()[-2:]) if arguments.short else told, flush=True)
            if not arguments.short:
                return 1
    print(f"{done} seeds, {failed} failed, {time.monotonic() - began_s:.1f} s, {dict(steps)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
