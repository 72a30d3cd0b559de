"""The speech recogniser of `--verify`: whether it is here, and how it is loaded. Its faults are none of the voice."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from swarm.config import ENV_OFFLINE, ENV_VERIFY, ENV_VERIFY_SAMPLE, may_download
from swarm.errors import EnvironmentFault
from swarm.job.check import Check
from swarm.job.language import language_name
from swarm.system.installation import extra_line
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.environment import environments_folder
from swarm.voice.host.verify import Verifier

USUAL = "base"  # a model of faster-whisper
PROOF_S = 1800.0  # for the first load, which downloads the model
PROVE = (sys.executable, "-P", "-m", "swarm.voice.host.recogniser")

_PACKAGES = ("faster_whisper", "rapidfuzz")
_CODES = {"nb": "no", "fil": "tl", "jv": "jw"}  # languages for which the recogniser has its own codes


def recogniser_name() -> str:
    """Return the recogniser that --verify uses: a model of faster-whisper, or a folder."""
    return os.environ.get(ENV_VERIFY, "") or USUAL


def is_installed() -> bool:
    """Return whether the packages of the recogniser are installed."""
    return all(find_spec(package) for package in _PACKAGES)


def check_installed() -> None:
    """Raise EnvironmentFault if no recogniser is installed."""
    if not is_installed():
        line = extra_line("verify")
        raise EnvironmentFault(f"--verify needs a speech recogniser, which is not installed here: {line}")


def check_verify() -> None:
    """Load the recogniser once, in a process of its own, before anything is spoken. Raises EnvironmentFault."""
    check_installed()
    if fault := prove():
        raise EnvironmentFault(
            f"{fault} The voice is not concerned: leave out --verify to speak unheard, or name a folder with a model "
            f"of faster-whisper in {ENV_VERIFY}."
        )


def prove(*, offline: bool = False) -> str:
    """Return why the recogniser does not load on this machine's CPU; "" if it does. May take minutes to download it."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    env = {**os.environ, "PYTHONPATH": path, ENV_VERIFY: recogniser_name()} | ({ENV_OFFLINE: "1"} if offline else {})
    try:
        done = subprocess.run(
            PROVE, capture_output=True, timeout=PROOF_S, check=True, env=env, stdin=subprocess.DEVNULL
        )
        return str(json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as fault:
        return f"The recogniser {recogniser_name()} of --verify does not load: {fault}."[:500]


def check_recogniser() -> Check:
    """Check whether --verify can be used here, without downloading anything."""
    if not is_installed():
        return Check("recogniser", "ok", f"not installed; {extra_line('verify')} brings one for --verify")
    if not (fault := prove(offline=True)):
        return Check("recogniser", "ok", f"{recogniser_name()} is here: --verify can listen")
    if "is not on this machine" in fault and may_download():
        return Check("recogniser", "ok", f"{recogniser_name()} is not here yet: the first --verify downloads it")
    return Check("recogniser", "warn", fault, f"reinstall it, {extra_line('verify')}, or leave out --verify.")


def find_verifier(language: str, device: str) -> Verifier | None:
    """Load a recogniser on a slot's device; return None without --verify, or if it does not know the language.

    Raises EngineFault: UNAVAILABLE, or MEMORY or DEVICE if the device cannot for now.
    """
    name = os.environ.get(ENV_VERIFY, "")
    if not name:
        return None
    found = make_verifier(name, language, device, sample=bool(os.environ.get(ENV_VERIFY_SAMPLE)))
    if found is None:
        print(f"The recogniser {name} does not know {language_name(language)}: clips are not verified.")  # noqa: T201
    return found


def make_verifier(name: str, language: str, device: str, *, sample: bool = False, threads: int = 1) -> Verifier | None:
    """Load a recogniser by its name; return None if it does not know the language. Raises EngineFault."""
    model = load_model(name, device, threads)
    code = _CODES.get(language, language)
    if code not in model.supported_languages:  # type: ignore[attr-defined]  # it would hear wrong words everywhere
        return None
    return Verifier(model, code, sample=sample)


def _install_line() -> str:
    """Return the command that installs a recogniser where this process runs: an engine may have its own environment."""
    if environments_folder() not in Path(sys.prefix).parents:
        return extra_line("verify")
    return f"e2a-swarm engines install {Path(sys.prefix).parent.name} --recogniser"


def load_model(name: str, device: str, threads: int = 1) -> object:
    """Load a model of faster-whisper by its name or its folder. Raises EngineFault, as `find_verifier` does."""
    kind, _, number = device.partition(":")
    place = {"device": "cuda", "device_index": int(number or 0), "compute_type": "float16"}
    if kind != "cuda":
        place = {"device": "cpu", "compute_type": "int8", "cpu_threads": threads}
    try:
        from faster_whisper import WhisperModel

        return WhisperModel(_path_of(name), **place)
    except FileNotFoundError as fault:
        why = "the hub of Hugging Face is out of reach" if may_download() else "nothing is downloaded (--offline)"
        raise EngineFault(
            FaultKind.UNAVAILABLE, f"The recogniser {name} of --verify is not on this machine, and {why}."
        ) from fault
    except Exception as fault:  # a missing package or model, no network, no memory, and others
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200].rstrip('. ')}."
        if isinstance(fault, ImportError):
            why = f"it is not installed beside the engine: {_install_line()}"
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"The recogniser {name} of --verify does not load: {why}") from fault


def _path_of(name: str) -> str:
    """Return the folder of a model, and download it if need be. Raises FileNotFoundError if that fails, ValueError."""
    from faster_whisper import download_model

    is_folder = "/" in name or os.sep in name  # else a folder of that name in the current one is no model
    return name if is_folder else str(download_model(name, local_files_only=not may_download()))


def _say_fault() -> None:
    """Print as JSON why the recogniser does not load here; "" if it does."""
    words = ""
    try:
        load_model(recogniser_name(), "cpu:0")
    except EngineFault as fault:
        words = str(fault)
    print(json.dumps(words))  # noqa: T201


if __name__ == "__main__":
    _say_fault()
