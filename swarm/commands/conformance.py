"""`doctor --engine NAME`: whether an engine keeps what workers rely on, asked in its own process as by a worker."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from itertools import islice
from pathlib import Path

import psutil

from swarm.book.model.language_code import language_name
from swarm.config import ENV_HOME, state_folder
from swarm.errors import SwarmError
from swarm.job.card import EngineCard
from swarm.job.clip_info import SpokenClip
from swarm.job.spec import Recipe
from swarm.system.text import count_text
from swarm.voice.engine import Check, Engine, EngineFault, FaultKind
from swarm.voice.environment import find_environment
from swarm.voice.host.choice import ALPHABETIC, SENTENCES, how_to_get, recommendations, sentence
from swarm.voice.host.foreign import check_card
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import choose_recipe, engine_target, find_engine

DEVICE = "cpu:0"  # engines for GPUs speak there too, if slowly
PATIENCE_S = 900.0  # one answer may take so long: a GPU's model may take minutes to load
MAX_LANGUAGES = 3  # languages that are spoken
MAX_WRITTEN = 5  # files that are named
PACE_FACTOR = 2.0  # the card's pace and the true one may differ by it
BUSY_SHARE, LEAST_BUSY_S = 0.1, 0.1  # a share of the work, and seconds: a thread that did less does not count
SEED = 7
LOOK = "let it speak by hand: `open` and `speak` of the engine."
FAULTS = (SwarmError, EngineFault, TimeoutError)


class Conformance:
    """The checks of one engine, in the order in which a worker would meet what they find."""

    def __init__(self, name: str, state_dir: Path | None = None) -> None:
        """`name` is the engine's. Raises EngineUnknown, EnvironmentFault."""
        self._engine: Engine = find_engine(name)
        self._target = engine_target(name)
        self._card: EngineCard = self._engine.card
        self._state_dir = state_dir or state_folder("")
        self._process = EngineProcess()
        self._recipes: list[Recipe] = []

    async def checks(self) -> AsyncIterator[Check]:
        """Yield the checks; those that need a voice only if one opens."""
        yield self._check_card()
        if not self._engine.is_installed():
            yield Check("installed", "fail", "its libraries are not here", self._card.install or "install its package.")
            return
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="e2a-doctor-")))
            home = folder / "home"
            home.mkdir()
            stack.push_async_callback(self._close)
            yield (opened := await self._check_opens(folder, home))
            if opened.verdict == "fail":
                return
            async for check in self._speaking(folder, home):
                yield check
            await self._close()
            yield self._check_home(home)

    async def _speaking(self, folder: Path, home: Path) -> AsyncIterator[Check]:
        for recipe in self._recipes:
            yield await self._check_language(recipe)
        yield await self._check_same_seed(folder, home)
        if self._card.batch > 1:
            yield await self._check_batch()
        yield await self._check_odd_texts()
        yield await self._check_speed()

    def _check_card(self) -> Check:
        card = self._engine.card_for("")
        try:
            check_card(card)
        except Exception as fault:  # a foreign card may make the checks raise anything
            return Check("card", "fail", str(fault), "mend its card.")
        mute = [code for code in card.languages if code != "*" and not card.voices_for(code) and not card.any_voice]
        if mute:
            return Check(
                "card", "fail", f"it has no voice for {', '.join(mute[:10])}", "list a voice for each language."
            )
        lacks = [what for what, there in (("its licence", card.licence), ("what it is", card.about)) if not there]
        lacks += [f"what the setting {setting.name} changes" for setting in card.settings if not setting.about]
        if lacks and card.speech:
            return Check("card", "warn", f"it does not say {', '.join(lacks)}", "say it on the card.")
        languages = "any language" if "*" in card.languages else count_text(len(card.languages), "language")
        voices, settings = count_text(len(card.voices), "voice"), count_text(len(card.settings), "setting")
        return Check("card", "ok", f"{languages}, {voices}, {settings}")

    # --- with a voice

    async def _check_opens(self, folder: Path, home: Path) -> Check:
        """Open the first of the recipes that this machine has all for; the others are spoken later."""
        began = time.monotonic()
        try:
            self._recipes = list(islice(self._possible(), MAX_LANGUAGES))
            if not self._recipes:
                return Check("opens", "fail", "no model of it is here", f"{self._fetching()}.")
            await self._open(self._recipes[0], folder, home)
        except FAULTS as fault:
            return Check("opens", "fail", f"{fault or 'it does not answer'}", "`e2a-swarm doctor` may say more.")
        return Check("opens", "ok", f"in {time.monotonic() - began:.1f} s, model included")

    def _possible(self) -> Iterator[Recipe]:
        """Yield a recipe for each language that needs no download, those with a sentence first. Raises UsageError."""
        engine, name = self._engine, self._card.name
        kept = engine.kept_models()
        for language in _languages(self._card):
            fitting = [model for model in kept if engine.card_for(model).speaks(language)]
            if fitting or not engine.models() or engine.is_ready(language):
                yield choose_recipe(language, engine=name, model=fitting[0] if fitting else "")

    def _fetching(self) -> str:
        """Return the command that fetches a model for the engine's first language."""
        language = _languages(self._card)[0]
        found = recommendations([self._engine], language)
        name = self._card.name
        if found and (command := how_to_get(found[0], language)):
            return command
        has_usual = any(model.engine == name and not model.by_language for model in self._engine.models())
        return f"e2a-swarm models fetch {name if has_usual else 'NAME; `e2a-swarm models` lists them'}"

    async def _open(self, recipe: Recipe, folder: Path, home: Path) -> None:
        variables = {} if self._keeps_models_at_home else _homeless(home, self._state_dir)
        if not self._process.alive:
            self._process, environment = EngineProcess(), find_environment(self._card.name)
            await self._process.start(self._target, folder / "engine.log", variables, environment)
        async with asyncio.timeout(PATIENCE_S):
            await self._process.open(0, recipe, DEVICE)

    async def _speak(self, text: str, seed: int = SEED) -> SpokenClip:
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.speak(0, text, seed)

    async def _close(self) -> None:
        if self._process.alive:
            await self._process.end_engine()

    async def _check_language(self, recipe: Recipe) -> Check:
        language = recipe.language
        name, text = f"speaks {language_name(language)}", sentence(language)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.open(0, recipe, DEVICE)
            clip = await self._speak(text)
        except FAULTS as fault:
            return Check(name, "fail", f"{fault or 'it does not answer'}", LOOK)
        card = self._engine.card_for(recipe.model)
        if card.sample_rate not in (0, clip.info.sample_rate):
            text = f"its sound has {clip.info.sample_rate} Hz, its card says {card.sample_rate}"
            return Check(name, "fail", text, "mend the card, or say 0 there.")
        pace = len(text) / clip.info.length_s
        said = f"{clip.info.length_s:.1f} s of int16 mono at {clip.info.sample_rate} Hz, {pace:.0f} characters a second"
        alphabet = text.isascii() or language in ALPHABETIC
        if card.speech and alphabet and not 1 / PACE_FACTOR < pace / card.characters_s < PACE_FACTOR:
            said += f", where its card says {card.characters_s:g}"
            return Check(name, "warn", said, "estimates of length will be wrong: mend `characters_s` on the card.")
        return Check(name, "ok", said)

    async def _check_same_seed(self, folder: Path, home: Path) -> Check:
        """Check that a seed decides the sound, also in another process that spoke something else before."""
        text, other = _texts(self._recipes[0].language)
        try:
            await self._open(self._recipes[0], folder, home)
            first, second = await self._speak(text), await self._speak(text)
            another = await self._speak(text, SEED + 1)
            await self._close()
            await self._open(self._recipes[0], folder, home)
            await self._speak(other)
            third = await self._speak(text)
        except FAULTS as fault:
            return Check("same seed", "fail", f"{fault or 'it does not answer'}", LOOK)
        if first.info.digest != second.info.digest:
            return Check("same seed", "fail", "a sentence sounds different the second time", "let the seed decide it.")
        if first.info.digest != third.info.digest:
            text = "a sentence sounds different in another process, or after another sentence"
            return Check("same seed", "fail", text, "keep nothing from one sentence to the next.")
        if self._card.takes > 1 and first.info.digest == another.info.digest:
            text = "another seed sounds the same, though its card says that it has takes"
            return Check("same seed", "warn", text, "set `takes` to 1, or use the seed.")
        return Check("same seed", "ok", "the same sound, in another process too")

    async def _check_batch(self) -> Check:
        """Check that sentences sound the same when they are spoken together."""
        text, other = _texts(self._recipes[0].language)
        lines = [(text, SEED), (other, SEED), (text, SEED + 1)]
        try:
            alone = [await self._speak(words, seed) for words, seed in lines]
            async with asyncio.timeout(PATIENCE_S):
                together = await self._process.speak_all(0, lines)
        except FAULTS as fault:
            return Check("batch", "fail", f"{fault or 'it does not answer'}", LOOK)
        if any(one is None for one in together):
            return Check("batch", "fail", "a sentence has no sound beside others", LOOK)
        if [one and one.info.digest for one in together] != [one.info.digest for one in alone]:
            said = "a sentence sounds different beside others"
            return Check("batch", "warn", said, "let neither the neighbours nor their number decide how.")
        return Check("batch", "ok", f"up to {self._card.batch} sentences together, which sound as alone")

    async def _check_odd_texts(self) -> Check:
        """Check that odd texts end as a clip or a fault, and that the engine speaks on afterwards."""
        text, _ = _texts(self._recipes[0].language)
        longest = (text + " ") * (2 * self._card.limit(self._recipes[0].language) // len(text))
        for kind, odd in (("no text", ""), ("a text of signs", "… — !"), ("a very long text", longest.strip())):
            try:
                await self._speak(odd)
            except (EngineFault, TimeoutError) as fault:
                if isinstance(fault, TimeoutError) or fault.kind in (FaultKind.CRASHED, FaultKind.DEVICE):
                    said = f"{kind} ends its process or hangs: {fault or 'no answer'}"
                    return Check("odd texts", "fail", said, "raise EngineFault, or return silence.")
        try:
            await self._speak(text)
        except (EngineFault, TimeoutError) as fault:
            return Check("odd texts", "fail", f"it does not speak on afterwards: {fault}", "keep its state whole.")
        return Check("odd texts", "ok", "no text, signs and very long texts do it no harm")

    async def _check_speed(self) -> Check:
        """Check how fast it is, and that it keeps to one thread: a worker starts an engine for each core."""
        text, other = _texts(self._recipes[0].language)
        pids = await self._process.own_pids(0)
        before = _thread_times(pids)
        try:
            clips = [await self._speak(each, seed) for seed in range(2) for each in (text, other)]
        except (EngineFault, TimeoutError) as fault:
            return Check("speed", "fail", f"{fault or 'it does not answer'}", LOOK)
        spent = [now_s - before.get(thread, 0.0) for thread, now_s in _thread_times(pids).items()]
        busy = sum(share > max(LEAST_BUSY_S, BUSY_SHARE * sum(spent)) for share in spent)
        speed = sum(clip.info.length_s for clip in clips) / max(1e-6, sum(clip.info.work_s for clip in clips))
        said = f"{speed:.3g}x real time on one core"
        if self._card.device == "cpu" and busy > 1:
            said += f", with {busy} threads at work: the engines of several slots slow each other"
            return Check("speed", "warn", said, "let its libraries use one thread.")
        return Check("speed", "ok", said)

    # --- what it leaves behind

    @property
    def _keeps_models_at_home(self) -> bool:
        """Whether its models are in the home folder, so that it has to see the true one."""
        folders = [self._engine.model_folder(model) for model in self._engine.kept_models()[:1]]
        return any(each.is_relative_to(Path.home()) and not each.is_relative_to(self._state_dir) for each in folders)

    def _check_home(self, home: Path) -> Check:
        if self._keeps_models_at_home:
            return Check("home folder", "ok", "not looked at, since its models are there")
        written = [path.relative_to(home).as_posix() for path in sorted(home.rglob("*")) if path.is_file()]
        if written:
            said = f"it wrote {', '.join(written[:MAX_WRITTEN])} into the home folder"
            return Check("home folder", "fail", said, "turn off what its libraries write, or send it elsewhere.")
        return Check("home folder", "ok", "nothing is written there")


def _languages(card: EngineCard) -> list[str]:
    """Return the languages of a card, those that there are sentences for first."""
    spoken = [code for code in SENTENCES if card.speaks(code)]
    return spoken + [code for code in card.languages if code not in (*spoken, "*")]


def _texts(language: str) -> tuple[str, str]:
    """Return two different texts in a language."""
    text = sentence(language)
    return text, text[: len(text) // 2]


def _homeless(home: Path, state_dir: Path) -> Mapping[str, str]:
    """Return the variables that give a process a home folder of its own."""
    windows = {"USERPROFILE": home, "APPDATA": home / "AppData", "LOCALAPPDATA": home / "AppData"}
    others = {"XDG_CACHE_HOME": home / ".cache", "XDG_CONFIG_HOME": home / ".config"}
    folders = {"HOME": home, **windows, **others, "XDG_DATA_HOME": home / ".local/share", ENV_HOME: state_dir}
    return {name: str(folder) for name, folder in folders.items()}


def _thread_times(pids: set[int]) -> dict[int, float]:
    """Return the processor seconds of each thread of some processes."""
    times: dict[int, float] = {}
    for pid in pids:
        try:
            times |= {thread.id: thread.user_time + thread.system_time for thread in psutil.Process(pid).threads()}
        except psutil.Error:
            continue
    return times
