"""Whether jobs of a machine that is alone can still be finished."""

from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Work


def hopeless(works: dict[str, Work], sessions: dict[str, Session]) -> str:
    """Why none of those who are here can open the engine of some job; "" where there is none such."""
    for work in works.values():
        unable = [session for session in sessions.values() if not session.can_speak(work.recipe)]
        if sessions and len(unable) == len(sessions) and not work.state.complete:
            reasons = (session.unable.get(work.recipe, "") for session in unable)
            missing = f"it is not installed: {work.install}."
            if any(session.lacks_model(work.recipe) for session in unable):
                missing = f"its model {work.recipe.model} is not here, and none is downloaded (--offline): {work.fetch}"
            why = next(filter(None, reasons), missing)
            return f"The engine {work.recipe.engine} does not open on this machine: {why}"
    if sessions and all(map(_is_out, sessions.values())) and not all(work.state.complete for work in works.values()):
        return next(rest.why for session in sessions.values() for rest in session.resting.values())
    return ""


def _is_out(session: Session) -> bool:
    """Whether its devices are gone, or never had room. Where some was spoken, there may be room again."""
    troubles = {rest.trouble for rest in session.resting.values()}
    return session.rests and (troubles == {"lost"} or (not session.segments and "" not in troubles))
