"""Tells before any book is read whether a voice that a user asked for can be one."""

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard
from swarm.voice.host.registry import all_engines, choose_recipe, engine_for, plain_name


def check_asked_voice(voice: str, *, engine: str = "", model: str = "", language: str = "") -> None:
    """Raise UsageError for a voice that speaks no language, as far as engines are known here.

    Without an engine's name any engine may have it, since another one may be the default when a book is read. An engine
    that is not known here passes: a worker may bring it.
    """
    try:
        able = (engine_for(engine),) if engine else all_engines()
    except (UsageError, EnvironmentFault):
        return
    cards = [each.card_for("") for each in able]
    if engine and cards[0].any_model:
        return  # only its server knows the voices
    if not (engine and language) and any(map(plain_name(voice).__eq__, _listed(cards))):
        return
    faults = list[str]()
    for code in [language] if language else _languages(cards):
        try:
            choose_recipe(code, engine=engine, model=model, voice=voice)
            return
        except EnvironmentFault:
            return
        except UsageError as fault:
            faults.append(str(fault))
    if engine or language:
        raise UsageError(faults[0])
    raise UsageError(f"No engine known here has a voice {voice!r} in any language: `e2a-swarm voices` lists all.")


def _listed(cards: list[EngineCard]) -> list[str]:
    return [plain_name(voice.name) for card in cards for voice in card.voices]


def _languages(cards: list[EngineCard]) -> list[str]:
    """Return the languages of engines, English first: of it the sentence tells, if there is nothing better to name."""
    codes = {code for card in cards for code in card.languages} - {"*"}
    return sorted(codes or {"en"}, key=lambda code: (code != "en", code))
