"""A voice that a speech server speaks."""

import threading
import time

from swarm.errors import SwarmError, UsageError
from swarm.job.recipe import Recipe
from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.openai.address import OPTION, server_key, server_url
from swarm.voice.openai.request import make_request
from swarm.voice.openai.server import ServerFault, SpeechServer
from swarm.voice.openai.sound import decode

TRIAL_TEXT = "1, 2, 3."  # any language reads digits
FIRST_S = 300.0  # the server may have to load its model before a first text
LEAST_S = 15.0  # a coordinator waits 20 s at least, and 4 times as long as usual
USUAL_FACTOR = 3.0
_KEEP = 0.85  # weight of the past in the speed, as leases weigh it

_tried: set[tuple[str, Recipe]] = set()  # recipes that the server has spoken with in this process
_trying = threading.Lock()


class ServerVoice:
    """A voice of a server. It gives up on a text before its coordinator would."""

    def __init__(self, server: SpeechServer, recipe: Recipe) -> None:
        self.sample_rate = 24_000  # Hz, until the first answer
        self._server, self._recipe = server, recipe
        self._characters = self._spent_s = 0.0

    def speak(self, text: str, seed: int) -> Pcm:
        """Have the server speak one segment. Raises EngineFault; a fault of the server is none of the text."""
        settings = dict(self._recipe.settings)
        asked = str(settings.get("format", "wav"))
        began_s = time.monotonic()
        try:
            answer = self._server.speech(make_request(self._recipe, text, seed), self._budget_s(text))
        except ServerFault as fault:
            if fault.kind is not FaultKind.ERROR:
                _tried.discard((self._server.url, self._recipe))  # it has to prove itself before the next text
            raise
        pcm, self.sample_rate = decode(answer.body, answer.kind, asked, int(settings.get("pcm_rate", 24_000)))
        self._characters = self._characters * _KEEP + len(text)
        self._spent_s = self._spent_s * _KEEP + time.monotonic() - began_s
        return pcm

    def _budget_s(self, text: str) -> float:
        """Return the seconds that a text may take: several times as long as texts of its length usually do."""
        if not self._characters:
            return FIRST_S
        return max(LEAST_S, USUAL_FACTOR * len(text) * self._spent_s / self._characters)


def open_server() -> SpeechServer:
    """Return this machine's speech server. Raises EngineFault(UNAVAILABLE) if it has none."""
    try:
        url = server_url()
        if url:
            return SpeechServer(url, server_key())
    except SwarmError as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
    raise EngineFault(FaultKind.UNAVAILABLE, f"This machine has no speech server: name one with {OPTION} URL.")


def open_voice(recipe: Recipe) -> ServerVoice:
    """Return a voice once the server has spoken a few words with it, which also loads its model.

    Raises EngineFault: UNAVAILABLE if the server will not speak with this recipe, MEMORY or DEVICE if it cannot now.
    """
    server = open_server()
    try:
        make_request(recipe, TRIAL_TEXT, 1)
    except UsageError as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
    voice = ServerVoice(server, recipe)
    with _trying:
        if (server.url, recipe) not in _tried:
            _try(ServerVoice(server, recipe))
            _tried.add((server.url, recipe))
    return voice


def _try(voice: ServerVoice) -> None:
    try:
        voice.speak(TRIAL_TEXT, 1)
    except ServerFault as fault:
        if fault.passing or fault.kind is FaultKind.MEMORY:
            raise
        raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
    except EngineFault as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
