"""What a worker says of its slots that rest: only what is new, and once for all slots of which it is true."""

from collections.abc import Mapping


def rest_lines(before: Mapping[int, str], after: Mapping[int, str]) -> list[str]:
    """What to say now; both have every slot, with why it rests, or "" where it does not."""
    news = {slot: why for slot, why in after.items() if why != before.get(slot, "")}
    return [
        _line(why, [slot for slot in news if news[slot] == why], len(after)) for why in dict.fromkeys(news.values())
    ]


def _line(why: str, slots: list[int], total: int) -> str:
    if len(slots) == total:
        return f"resting: {why}" if why else "going on"
    several = len(slots) > 1
    who = f"slot{'s' * several} {', '.join(map(str, slots))}"
    if why:
        return f"{who} rest{'s' * (not several)}: {why}"
    return f"{who} go{'es' * (not several)} on"
