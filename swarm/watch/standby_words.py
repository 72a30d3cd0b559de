"""What is said of a standby to users and programs. Pure."""

from swarm.lease.standby import StandbyStatus
from swarm.watch.text import count_text, duration_text

AWAY_S = 30.0  # a standby that asks for nothing for so long is out of reach


def standby_state(standby: StandbyStatus) -> str:
    """Return what a standby does, in a word: following, copying or away."""
    if standby.silent_s > AWAY_S:
        return "away"
    return "copying" if standby.lag_s is None else "following"


def standby_text(standby: StandbyStatus) -> str:
    """Return how far a standby is behind."""
    match standby_state(standby):
        case "away":
            return f"away for {duration_text(standby.silent_s)}"
        case "copying":
            return f"copying, {count_text(standby.behind, 'record')} behind"
    return f"{standby.lag_s or 0:.0f} s behind"
