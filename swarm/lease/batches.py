"""How many segments are spoken together, and how many a slot is given when few are left. Pure."""

from collections.abc import Iterable

from swarm.job.recipe import Recipe
from swarm.lease.bounds import MAX_BATCH
from swarm.lease.message import EngineOffer

LINE_CHARACTERS = 120  # characters a segment is taken to have for the first lease of a slot
LONG_SHARE = 2  # a lease is at most one part in so many of what a slot's share of the rest would be
LAST_SHARE = 4  # a slot takes up to so many times its share of the last segments at once


def batch_size(offers: Iterable[EngineOffer], recipe: Recipe) -> int:
    """Return how many segments of a recipe a worker with these offers speaks together."""
    sizes = (min(max(offer.batch, 1), MAX_BATCH) for offer in offers if offer.name == recipe.engine)
    return max(sizes, default=1)


def lease_lines(left: int, slots: int, waiting: int, batch: int) -> int:
    """Return the most segments of a lease for a slot that speaks `batch` of them together.

    `left` segments are under way nowhere, `slots` slots work, and `waiting` of them have nothing to speak. Leases are
    whole batches, and fewer of them towards the end. The last batches are smaller, so that all slots end together: a
    slot that takes n segments out of so few is busy for less than n times as long as with one, so it takes more than
    its share, unless others wait. Where segments are spoken one by one, no lease has to be short: its tail can be taken
    at any segment.
    """
    if batch == 1:
        return max(1, left)
    together = min(batch, -(-LAST_SHARE * left // max(1, slots)), -(-left // max(1, waiting)))
    if together < batch:
        return max(1, together)
    return max(1, left // (LONG_SHARE * max(1, slots)) // batch) * batch
