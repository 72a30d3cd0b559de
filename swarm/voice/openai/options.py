"""The speech server of this machine: its option, and its URL and key, from the environment.

No job can name or change either."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from swarm.config import ENV_CREDENTIALS, ENV_TTS_KEY, ENV_TTS_SERVER
from swarm.errors import EnvironmentFault, UsageError
from swarm.voice.built_in import EngineOption, Licence, MachineOption

CREDENTIAL = "tts-key"  # the name of systemd's credential
OPTION = "--tts-server"

_KEY = re.compile(r"[!-~]{1,4096}")
_VERSION = re.compile(r"/v\d{1,3}\Z")
_CALLS = re.compile(r"/(audio/speech|chat/completions)\Z")
_PASSWORD = re.compile(r"//[^/]*@")


def check_url(text: str, option: str = OPTION, key_variable: str = ENV_TTS_KEY) -> str:
    """Return the URL below which a server has its API, such as http://gpu:8880/v1. Raises UsageError."""
    url = _CALLS.sub("", text.strip().rstrip("/"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # the port is not a number, or a bracket is missing
        return _refuse(text, option, key_variable)
    fits = parts.scheme in ("http", "https") and parts.hostname and port != 0 and "@" not in parts.netloc
    if not fits or not url.isascii() or not url.isprintable() or " " in url or parts.query or parts.fragment:
        return _refuse(text, option, key_variable)
    return url if _VERSION.search(parts.path) else f"{url}/v1"


def _refuse(text: str, option: str, key_variable: str) -> str:
    shown = _PASSWORD.sub("//", text[:200])
    raise UsageError(
        f"{option} takes the address of a server, such as http://gpu.lan:8880/v1, not {shown!r}. "
        f"Its key, if it has one, belongs into {key_variable}."
    )


def server_url() -> str:
    """Return the URL of this machine's speech server; "" if it has none. Raises UsageError."""
    named = os.environ.get(ENV_TTS_SERVER, "").strip()
    return check_url(named) if named else ""


def server_key(variable: str = ENV_TTS_KEY, credential: str = CREDENTIAL) -> str:
    """Return the key of a server that this machine may ask: a variable, else a systemd credential, else "".

    Raises EnvironmentFault, which never repeats the key.
    """
    key, source = os.environ.get(variable, "").strip(), variable
    folder = os.environ.get(ENV_CREDENTIALS)
    if not key and folder:
        path = Path(folder) / credential
        key, source = _read(path), str(path)
    if key and not _KEY.fullmatch(key):
        raise EnvironmentFault(f"The key in {source} cannot be right: it has spaces or other invalid characters.")
    return key


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:5000].decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise EnvironmentFault(f"The credential {path} cannot be read: {fault.strerror or fault}.") from fault


OPTIONS: tuple[EngineOption, ...] = ()
LICENCES: tuple[Licence, ...] = ()
MACHINE_OPTIONS = (
    MachineOption(
        "tts-server",
        "URL",
        f"speak --tts-engine openai with this server; its key is in {ENV_TTS_KEY} (default: ${ENV_TTS_SERVER})",
        ENV_TTS_SERVER,
        check_url,
    ),
)
