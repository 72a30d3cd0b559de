"""Servers with OpenAI's API; one for speech has `POST audio/speech`, and maybe `GET models` and `GET audio/voices`.

The key is sent to the server and goes nowhere else: no message has it, no redirect is followed, no proxy is asked.
Every answer is bounded in size and time.
"""

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx
import msgspec

from swarm.config import ENV_TTS_KEY
from swarm.errors import cause_text, causes_of
from swarm.job.card import VoiceCard
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.openai.options import OPTION

CONNECT_S = 10.0
LIST_S = 10.0  # for a whole list of models or voices
WAITS_S = (0.0, 0.5, 2.0, 4.0)  # before each retry, unless the server says how long; a kept connection may be gone
MAX_SOUND_BYTES = 32 << 20
MAX_LIST_BYTES = 4 << 20
MAX_LISTED = 2000
MAX_NAME_CHARS = 200
MAX_REASON_CHARS = 200

_FULL = (408, 425, 429, 503, 529)  # statuses of a server that has no room for a request now
_AWAY = (502, 504)  # statuses of a proxy whose server is away
_TEXT_REFUSED = (400, 413, 422)
_NO_SOUND = re.compile(r"(text/|application/(json|xml|problem))", re.IGNORECASE)


class ServerAnswer(NamedTuple):
    """The body of a successful answer, with its type."""

    kind: str
    body: bytes


class ServerFault(EngineFault):
    """The server gave no sound. `passing`: it may give one later, so the same request is worth a retry."""

    def __init__(self, kind: FaultKind, message: str, *, passing: bool = False, wait_s: float | None = None) -> None:
        super().__init__(kind, message)
        self.passing = passing
        self.wait_s = wait_s  # the server asks for this wait; None if it does not say


class ApiServer:
    """A server with OpenAI's API at a URL such as http://gpu:8880/v1, with one connection that is kept."""

    noun, option, key_variable = "speech server", OPTION, ENV_TTS_KEY

    def __init__(self, url: str, key: str = "") -> None:
        self.url, self._key = url, key
        headers = {"User-Agent": "e2a-swarm", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.Client(
            verify=ssl.create_default_context(), trust_env=False, follow_redirects=False, headers=headers
        )

    def disconnect_server(self) -> None:
        """Close the connection."""
        self._client.close()

    def not_answered(self, why: str) -> ServerFault:
        """Return the fault of an answer that is none."""
        return self._fault(FaultKind.ERROR, why)

    def _ask(self, method: str, path: str, deadline_s: float, most: int, **content: Any) -> ServerAnswer:
        """Send one request. Raises ServerFault for anything but success."""
        left_s = max(0.05, deadline_s - time.monotonic())
        timeout = httpx.Timeout(left_s, connect=min(CONNECT_S, left_s))
        try:
            with self._client.stream(method, f"{self.url}/{path}", timeout=timeout, **content) as response:
                body = self._body(response, path, deadline_s, most)
        except httpx.TimeoutException as error:
            raise self._late(path) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(error) from error
        if response.status_code != httpx.codes.OK:
            raise self._refusal(response, body)
        return ServerAnswer(response.headers.get("Content-Type", ""), body)

    def _body(self, response: httpx.Response, path: str, deadline_s: float, most: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":  # it might unfold to any size
            raise self._fault(FaultKind.DEVICE, "compresses its answers, though it was asked not to")
        pieces, size = [], 0
        for piece in response.iter_raw():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise self._fault(FaultKind.IMPLAUSIBLE, f"sends more than {most >> 20} MiB")
            if time.monotonic() > deadline_s:
                raise self._late(path)
        return b"".join(pieces)

    def _refusal(self, response: httpx.Response, body: bytes) -> ServerFault:
        """Return the fault that a status other than success stands for."""
        status, said = response.status_code, self._words(body)
        words = f"answered {status}: {said}" if said else f"answered {status}"
        if status in (401, 403):
            return self._fault(
                FaultKind.DEVICE, f"does not accept this machine's key ({status}): check {self.key_variable}"
            )
        if status in (404, 405):
            return NoSuchCall(FaultKind.DEVICE, self._line(f"does not know the model or the call: it {words}"))
        if 300 <= status < 400:
            why = f"sends elsewhere ({status}): give {self.option} the address that it leads to, if you trust that"
            return self._fault(FaultKind.DEVICE, why)
        if status in _TEXT_REFUSED:
            return self._fault(FaultKind.ERROR, words)
        if status in _FULL or status in _AWAY:
            wait_s = _seconds(response.headers.get("Retry-After", ""))
            asks = f" and asks to wait {wait_s:.0f} s" if wait_s else ""
            return ServerFault(FaultKind.MEMORY, self._line(words + asks), passing=True, wait_s=wait_s)
        return self._fault(FaultKind.DEVICE, words, passing=status >= 500)

    def _late(self, path: str) -> ServerFault:
        return self._fault(FaultKind.MEMORY, f"did not answer {path} in time")

    def _unreachable(self, error: Exception) -> ServerFault:
        trusted = not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes_of(error))
        return self._fault(FaultKind.DEVICE, f"cannot be reached: {self._clean(cause_text(error))}", passing=trusted)

    def _fault(self, kind: FaultKind, words: str, *, passing: bool = False) -> ServerFault:
        return ServerFault(kind, self._line(words), passing=passing)

    def _line(self, words: str) -> str:
        return f"The {self.noun} {self.url} {words.rstrip('. ')}."

    def _words(self, body: bytes) -> str:
        """Return what an error says, in one line; "" if nothing can be read."""
        text = body[:20_000].decode("utf-8", "replace").strip()
        with suppress(msgspec.DecodeError, RecursionError):
            return self._clean(_message(msgspec.json.decode(text)))
        return "" if text.startswith("<") else self._clean(text)

    def _clean(self, text: str) -> str:
        line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[:2000]).split())
        return (line.replace(self._key, "...") if self._key else line)[:MAX_REASON_CHARS]


class SpeechServer(ApiServer):
    """A server with OpenAI's speech API."""

    def speech(self, request: Mapping[str, object], budget_s: float) -> ServerAnswer:
        """Have a text spoken within `budget_s` seconds, with retries. Raises ServerFault."""
        deadline_s = time.monotonic() + budget_s
        for usual_s in (*WAITS_S, None):
            try:
                return self._sound(request, deadline_s)
            except ServerFault as fault:
                if not fault.passing or usual_s is None:
                    raise
                wait_s = usual_s if fault.wait_s is None else fault.wait_s
                if time.monotonic() + wait_s >= deadline_s:
                    raise
                time.sleep(wait_s)
        raise AssertionError("the last round returns or raises")

    def models(self) -> tuple[str, ...] | None:
        """Return the names of the server's models; None if it has no such list. Raises ServerFault."""
        found = self._list("models")
        return None if found is None else tuple(dict.fromkeys(name for name, _ in _named(found)))

    def voices(self, model: str = "") -> tuple[VoiceCard, ...]:
        """Return the server's voices, () if it has no such list. Raises ServerFault."""
        found = self._list("audio/voices", {"model": model} if model else {})
        cards = {name: _voice_card(name, facts) for name, facts in _named(found)}
        return tuple(cards.values())

    def _sound(self, request: Mapping[str, object], deadline_s: float) -> ServerAnswer:
        answer = self._ask("POST", "audio/speech", deadline_s, MAX_SOUND_BYTES, json=dict(request))
        if _NO_SOUND.match(answer.kind):
            said = self._words(answer.body) or "no sound"
            raise self._fault(FaultKind.DEVICE, f"answers with {answer.kind[:60]}, not with sound: {said}")
        return answer

    def _list(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return a decoded list, None if the server has none. Raises ServerFault."""
        try:
            answer = self._ask("GET", path, time.monotonic() + LIST_S, MAX_LIST_BYTES, params=query)
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        except NoSuchCall:
            return None


class NoSuchCall(ServerFault):
    """The server does not know what it was asked for."""


def _message(answer: Any) -> str:
    """Return the words of an error: {"error": {"message": ...}}, {"detail": ...} and the like."""
    for _ in range(6):  # known servers nest their messages no deeper
        if isinstance(answer, str):
            return answer
        if isinstance(answer, list):
            answer = answer[0] if answer else ""
        elif isinstance(answer, dict):
            answer = next((answer[name] for name in ("error", "message", "detail", "msg") if answer.get(name)), "")
    return ""


def _named(found: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each entry of a list, with its facts; servers differ in how they write such lists."""
    rows: list[Any] = []
    if isinstance(found, list):
        rows = found
    elif isinstance(found, dict):
        for name in ("voices", "uploaded_voices", "data", "models"):
            value = found.get(name)
            rows += value if isinstance(value, list) else list(value) if isinstance(value, dict) else []
    for row in rows[:MAX_LISTED]:
        facts = row if isinstance(row, dict) else {"id": row}
        inner = facts.get("voices")
        if isinstance(inner, list) and "id" not in facts:  # the voices of a model, in a list of models
            yield from _named(inner)
            continue
        name = next((facts[key] for key in ("id", "voice_id", "name") if isinstance(facts.get(key), str)), "")
        if name and len(name) <= MAX_NAME_CHARS and name.isprintable():
            yield name, facts


def _voice_card(name: str, facts: Mapping[str, Any]) -> VoiceCard:
    said = {key: str(facts.get(key) or "")[:60] for key in ("language", "gender", "name", "description")}
    gender = said["gender"].lower()
    about = ", ".join(filter(None, (said["name"] if said["name"] != name else "", said["language"])))
    return VoiceCard(name, "*", about, gender if gender in ("female", "male") else "")


def _seconds(text: str) -> float | None:
    """Return the seconds of a `Retry-After`: a number or a date; None if it is neither."""
    with suppress(ValueError):
        return min(max(0.0, float(text)), 86_400.0) if text.strip().replace(".", "", 1).isdigit() else _until(text)
    return None


def _until(date: str) -> float:
    return min(max(0.0, parsedate_to_datetime(date).timestamp() - time.time()), 86_400.0)
