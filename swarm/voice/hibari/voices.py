"""The voices of the package hibari-tts: one comes with it, the others are downloaded, each a model of its own."""

from pathlib import Path

from swarm.job.card import VoiceCard
from swarm.voice.download import RemoteFile, hub_url, is_whole, models_folder

LICENCE = "Apache-2.0"
BUILT_IN = "heart"
# The file of each other voice at the hub, as the package's own list has it.
_FILES = {
    "emma": ("bf_emma.int8.onnx", 7_936_868, "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1"),
    "fenrir": ("am_fenrir_v2.int8.onnx", 8_031_158, "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4"),
    "fable": ("bm_fable.int8.onnx", 7_936_868, "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6"),
    "kore": ("af_kore.int8.onnx", 7_936_868, "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9"),
}
_BRITISH, _MALE = ("emma", "fable"), ("fenrir", "fable")
_REPOSITORY = "maureesewilliams/hibari"
_PREFIX = "hibari-"
WEIGHTS = "model.onnx"

VOICES = tuple(
    VoiceCard(name, "en", "British" if name in _BRITISH else "American", "male" if name in _MALE else "female")
    for name in (BUILT_IN, *_FILES)
)


def model_of(voice: str) -> str:
    """Return the name of the model that a voice needs; "" for the one that comes with the package, or for no voice."""
    return f"{_PREFIX}{voice}" if voice in _FILES else ""


def voice_of(model: str) -> str:
    """Return the voice of a model."""
    return model.removeprefix(_PREFIX) or BUILT_IN


def models() -> dict[str, RemoteFile]:
    """Return the file of each model by its name."""
    return {
        model_of(voice): RemoteFile(WEIGHTS, f"{hub_url()}/{_REPOSITORY}/resolve/main/voices/{name}", size, digest)
        for voice, (name, size, digest) in _FILES.items()
    }


def folder_of(model: str) -> Path:
    """Return the folder of a model, which may not exist yet."""
    return models_folder() / model


def is_here(model: str) -> bool:
    """Return whether a model is on this machine."""
    return is_whole(folder_of(model), [models()[model]])
