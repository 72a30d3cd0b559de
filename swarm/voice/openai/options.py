"""The option of this machine's speech server."""

from swarm.config import ENV_TTS_KEY, ENV_TTS_SERVER
from swarm.voice.openai.address import check_url
from swarm.voice.option import EngineOption, Licence, MachineOption

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
