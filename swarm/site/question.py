"""What the page asks before it does what cannot be taken back by another button. Pure."""

from typing import NamedTuple


class Question(NamedTuple):
    """A question, what follows from yes, and the words of both buttons."""

    ask: str
    then: str
    yes: str
    no: str


def question_of(action: str, name: str) -> Question | None:
    """Return what is asked before an order for a book or machine of that name; None if it is obeyed at once."""
    match action:
        case "remove":
            then = "It leaves the list. Audiobooks that are written stay where they are."
            return Question(f"Remove {name}?", then, "Remove it", "Keep it")
        case "cancel":
            then = "What is spoken of it stays, so it can be taken up again."
            return Question(f"Stop speaking {name}?", then, "Stop it", "Keep speaking")
        case "drain":
            then = "It finishes its sentences and leaves. To have it back, start it there again."
            return Question(f"Let {name} leave?", then, "Let it leave", "Keep it")
        case "refuse":
            then = "It is told so, and asks no more. To let it in later, make an invite for it."
            return Question(f"Refuse {name}?", then, "Refuse it", "Let it wait")
        case "put out":
            then = "It is cut off at once. All other members get a new code by themselves; the old one opens nothing."
            return Question(f"Put {name} out of the swarm?", then, "Put it out", "Keep it")
    return None
