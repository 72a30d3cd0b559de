"""The latents of an XTTS voice: two small tensors, which one worker computes from a recording for all workers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import soundfile
import torch

from swarm.voice.engine import EngineFault, FaultKind

MAX_BYTES = 8 << 20
REFERENCE_S = 30.0  # seconds of the recording that are used
MAX_ROWS = 2000
MAX_VALUE = 1e4  # far above any activation of the network
_NAMES = ("gpt_cond_latent", "speaker_embedding")


@dataclass(frozen=True)
class Latents:
    """Two float tensors: `gpt` of shape [1, n, channels of the model], and `speaker` of shape [1, d, 1]."""

    gpt: Any
    speaker: Any

    def pack(self) -> bytes:
        """Return the tensors as safetensors, a format that cannot contain code."""
        tensors = {
            name: tensor.detach().float().cpu().contiguous()
            for name, tensor in zip(_NAMES, (self.gpt, self.speaker), strict=True)
        }
        return bytes(safetensors.torch.save(tensors))

    def fit(self, model: Any) -> bool:
        """Return whether a model could have computed these tensors."""
        shape, rest = self.gpt.shape, (1, int(model.args.gpt_n_model_channels))
        fit = self.gpt.ndim == 3 and (shape[0], shape[2]) == rest and 0 < shape[1] <= MAX_ROWS
        if not fit or tuple(self.speaker.shape) != (1, int(model.args.d_vector_dim), 1):
            return False
        return all(bool((part.abs() < MAX_VALUE).all()) for part in (self.gpt, self.speaker))  # false for NaN as well


def compute_latents(model: Any, recording: Path, chunk_s: int) -> Latents:
    """Compute the latents of a mono recording. Raises EngineFault(UNAVAILABLE) if it cannot be used."""
    try:
        wave, rate = soundfile.read(recording, frames=-1, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, f"The recording of the voice cannot be read: {fault}.") from fault
    audio = torch.from_numpy(wave.mean(axis=1)[: round(REFERENCE_S * rate)].copy())[None, :].to(model.device)
    if not torch.isfinite(audio).all() or audio.shape[1] < rate:
        raise EngineFault(FaultKind.UNAVAILABLE, "The recording of the voice is broken or shorter than a second.")
    gpt = model.get_gpt_cond_latents(audio, rate, length=round(REFERENCE_S), chunk_length=chunk_s)
    latents = Latents(gpt, model.get_speaker_embedding(audio, rate))
    if not latents.fit(model):
        raise EngineFault(FaultKind.UNAVAILABLE, "The latents computed from the recording of the voice are not usable.")
    return latents


def read_latents(path: Path, model: Any) -> Latents:
    """Read and check the latents that another worker computed. Raises EngineFault(UNAVAILABLE)."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
        found = safetensors.torch.load(path.read_bytes())
        latents = Latents(*(found[name].float() for name in _NAMES))
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as fault:
        raise _unusable(f"{fault}") from fault
    if not latents.fit(model):
        raise _unusable("they belong to another model, or are not numbers")
    return latents


def _unusable(why: str) -> EngineFault:
    return EngineFault(
        FaultKind.UNAVAILABLE, f"The voice's latents that came with the job cannot be used: {why[:200]}."
    )
