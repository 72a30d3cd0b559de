"""The voice of a recording for Qwen3-TTS: one vector, which one worker computes for all workers."""

from pathlib import Path
from typing import Any

import safetensors.torch
import soundfile
import torch
from qwen_tts import VoiceClonePromptItem

from swarm.voice.engine import EngineFault, FaultKind

MAX_BYTES = 1 << 20
MAX_VALUE = 1e4  # far above any value that the network computes
REFERENCE_S = 30.0  # seconds of the recording that are used
_NAME = "speaker"


def compute_speaker(model: Any, recording: Path) -> torch.Tensor:
    """Return the vector of a mono recording, shape (channels,). Raises EngineFault(UNAVAILABLE)."""
    try:
        wave, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, f"The recording of the voice cannot be read: {fault}.") from fault
    sound = wave.mean(axis=1)[: round(REFERENCE_S * rate)]
    (item,) = model.create_voice_clone_prompt((sound, rate), x_vector_only_mode=True)
    return _checked(model, item.ref_spk_embedding.float().cpu().reshape(-1))


def read_speaker(model: Any, path: Path) -> torch.Tensor:
    """Read the vector that another worker computed. Raises EngineFault(UNAVAILABLE)."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
        return _checked(model, safetensors.torch.load(path.read_bytes())[_NAME].float())
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as fault:
        raise EngineFault(
            FaultKind.UNAVAILABLE, f"The voice's latents that came with the job cannot be used: {str(fault)[:200]}."
        ) from fault


def pack(speaker: torch.Tensor) -> bytes:
    """Return the vector as safetensors, a format that cannot contain code."""
    return bytes(safetensors.torch.save({_NAME: speaker.contiguous()}))


def prompt_of(speaker: torch.Tensor) -> list[VoiceClonePromptItem]:
    """Return what the package takes for a voice."""
    return [VoiceClonePromptItem(ref_code=None, ref_spk_embedding=speaker, x_vector_only_mode=True, icl_mode=False)]


def _checked(model: Any, speaker: torch.Tensor) -> torch.Tensor:
    """Return a vector that the model could have computed. Raises EngineFault(UNAVAILABLE)."""
    channels = int(model.model.config.speaker_encoder_config.enc_dim)
    if tuple(speaker.shape) != (channels,) or not bool((speaker.abs() < MAX_VALUE).all()):  # false for NaN as well
        raise EngineFault(FaultKind.UNAVAILABLE, "The latents of the voice are of another model, or no numbers.")
    return speaker
