"""Tells the coordinator's core how encoding goes on, from which it judges the time left."""

from collections.abc import Mapping

from swarm.edition.edition import Edition
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.system.core_use import CoreUse


class EncodingWatch:
    """Watches the encoders of this machine, and the cores that engines leave to them."""

    def __init__(self) -> None:
        self._cores = CoreUse()

    def tell(self, core: Coordinator, editions: Mapping[str, Edition], now: float) -> None:
        """Tell the core what share of each edition is encoded, and what the encoders have done."""
        studio = next((edition.studio for edition in editions.values()), None)  # all editions share one studio
        if studio is None:
            core.note_progress({}, now)
            return
        encoded = {job: edition.encoded for job, edition in editions.items()}
        use = EncoderUse(studio.encoders, studio.pieces, studio.sound_s, studio.busy_s)
        core.note_progress(encoded, now, use, self._cores.share(without=studio.processes.numbers()))
