"""Loads a model of Coqui for a recipe, with a rebuilt config and without running pickled code.

A tiny VITS with random weights proves Coqui's libraries without a download: it speaks noise."""

import contextlib
import io
import json
import pickle
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.shared_configs import CharactersConfig
from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
from TTS.tts.models.vits import Vits

from swarm.errors import UsageError
from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.coqui.card import DEFAULT_VOICE, VOCABULARY, model_card
from swarm.voice.coqui.files import ModelFiles, find_model
from swarm.voice.coqui.model_config import (
    NO_STATISTICS,
    Config,
    ConfigRefused,
    check_vocabulary,
    expect_no_statistics,
    read_config,
    rebuild,
)
from swarm.voice.coqui.plain import open_plain
from swarm.voice.coqui.xtts import open_xtts
from swarm.voice.engine import EngineFault, FaultKind, LastLoaded, Voice, device_fault, unavailable
from swarm.voice.recipe_check import check_recipe


@contextmanager
def only_read() -> Iterator[None]:
    """Keep torch and NumPy from running code from a file, and from writing files, while Coqui loads a model.

    A file must not be written, since other engines may be reading it, and since its digest names it.
    """
    import safetensors.torch
    import torch

    load_weights, save_weights, load_array = torch.load, torch.save, np.load

    def careful_weights(file: Any, *args: Any, **kwargs: Any) -> Any:
        name = str(getattr(file, "name", file))
        if name.endswith(".safetensors"):  # a format that Coqui cannot read
            return {"model": safetensors.torch.load_file(name)}
        try:
            return load_weights(file, *args, **{**kwargs, "weights_only": True})
        except (LookupError, ValueError, TypeError, AttributeError) as fault:  # raised for bytes that are not a pickle
            raise EOFError(f"{name} holds no weights") from fault

    def careful_array(file: Any, *args: Any, **kwargs: Any) -> Any:
        raise ConfigRefused(NO_STATISTICS)

    def no_writing(*args: Any, **kwargs: Any) -> None: ...

    torch.load, torch.save, np.load = careful_weights, no_writing, careful_array
    try:
        yield
    finally:
        torch.load, torch.save, np.load = load_weights, save_weights, load_array


MAX_SPEAKERS_BYTES = 64 << 20

# Files that a config names by paths of another machine. They are found beside the weights by these names.
_COMPANION_FILES = {
    "speakers_file": ("speaker_ids.json", "speaker_ids.pth"),
    "d_vector_file": ("speakers.json", "speakers.pth"),
    "language_ids_file": ("language_ids.json",),
}
# These files bring a config of their own, so they are used for Coqui's models, but never for a peer's.
_LISTED_COMPANION_FILES = {
    "speaker_encoder_model_path": ("model_se.pth", "model_se.pth.tar"),
    "speaker_encoder_config_path": ("config_se.json",),
}
_PICKLED_NAME = re.compile(r"GLOBAL (\S{1,80})")

_DAMAGED = re.compile(
    r"PytorchStreamReader|central directory|HeaderTooLarge|HeaderTooSmall|InvalidHeader|IncompleteMeta"
)

_MISFIT = re.compile(r"Error\(s\) in loading state_dict[^:]*: ?(.{0,160})")

_NO_CODE = "and code is never run: save them without it, best as safetensors"

_CUT_OFF = "its weights are damaged, cut off or missing"


class Loader:
    """A loader of models, which keeps the last one for further voices."""

    def __init__(self) -> None:
        self._last = LastLoaded()

    def open(self, recipe: Recipe, device: str, job_files: Path | None) -> Voice:
        """Load a recipe's model onto a device. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
        place = torch_device(device)
        files = find_model(recipe, job_files)
        try:
            with only_read():
                return self._open(recipe, files, place, job_files)
        except ConfigRefused as fault:
            raise unavailable(f"{_name(recipe)} is not loaded: {fault}") from fault
        except EngineFault:
            raise
        except Exception as fault:  # a truncated or malicious file, a config that does not fit, a missing package
            if of_the_device := _fault_of_the_device(fault, device):
                raise of_the_device from fault
            raise unavailable(f"{_name(recipe)} does not load: {reason(fault)}.") from fault

    def _open(self, recipe: Recipe, files: ModelFiles, place: Any, job_files: Path | None) -> Voice:
        if "fairseq" in recipe.model:  # the config of fairseq has another form
            return open_plain(self._last, _checked(recipe, {}), files, None, place, job_files)
        said = read_config(files.config)
        expect_no_statistics(said)
        config = rebuild(said)
        recipe = _checked(recipe, said)
        if config["model"] == "xtts":
            check_vocabulary(files.folder / VOCABULARY)
            return open_xtts(self._last, recipe, files, config, place, job_files)
        _set_companion_paths(config, files)
        with _config_file(config) as path:
            return open_plain(self._last, recipe, files, path, place, job_files)


def torch_device(device: str) -> Any:
    """Return the torch device for a slot's device such as "cpu:3" or "cuda:0", after a test. Raises EngineFault."""
    if device.startswith("cpu"):
        torch.set_num_threads(1)  # a slot has one thread, and the bits of a clip depend on the number of threads
        return torch.device("cpu")
    try:
        place = torch.device(device)
        torch.ones(1, device=place).item()
        torch.set_float32_matmul_precision("high")  # TF32, on cards that have it
    except (RuntimeError, AssertionError) as fault:
        reason = str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__
        kind = device_fault(fault) or FaultKind.DEVICE  # the device worked when the worker started
        words = f"torch {torch.__version__} cannot use {device}: {reason}. `e2a-swarm doctor` says more."
        raise EngineFault(kind, words) from fault
    return place


def _checked(recipe: Recipe, said: Config) -> Recipe:
    """Check a recipe's settings by its model's card: Coqui would accept others, such as names of files to write."""
    try:
        return check_recipe(model_card(recipe.model, said), recipe)
    except UsageError as fault:
        raise unavailable(f"{fault} The coordinator may have another version of e2a-swarm.") from fault


def _set_companion_paths(config: Config, files: ModelFiles) -> None:
    """Set the paths of a config to the files beside the weights, in place of the paths that were dropped."""
    names = _COMPANION_FILES if files.custom else _COMPANION_FILES | _LISTED_COMPANION_FILES
    arguments = config.setdefault("model_args", {})
    for field, candidates in names.items():
        found = [files.folder / name for name in candidates if (files.folder / name).is_file()]
        if found and found[0].stat().st_size <= MAX_SPEAKERS_BYTES * (1 if files.custom else 16):
            path = str(found[0])
            arguments[field] = config[field] = [path] if field == "d_vector_file" else path


@contextmanager
def _config_file(config: Config) -> Iterator[Path]:
    """Write the config to a temporary file while Coqui reads it."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        yield path


def _fault_of_the_device(fault: Exception, device: str) -> EngineFault | None:
    """Return a sentence about a fault of the device; None if the model is to blame."""
    kind, words = device_fault(fault), " ".join(str(fault).split())[:200]
    if kind is FaultKind.MEMORY:
        remedy = "give it fewer --slots, or end other programs that use it"
        return EngineFault(kind, f"{device} does not have enough memory for this model: {remedy} ({words})")
    return EngineFault(kind, f"{device} failed while the model was loaded: {words}") if kind else None


def _name(recipe: Recipe) -> str:
    return "The custom model" if recipe.model.startswith(CUSTOM) else f"The model {recipe.model[:80]}"


def reason(fault: Exception) -> str:
    """Return the reason why a model's files could not be loaded, in words for users."""
    words = " ".join(str(fault).split())
    if isinstance(fault, pickle.UnpicklingError):
        found = _PICKLED_NAME.search(words)
        return f"its files carry code besides numbers ({found[1]}), {_NO_CODE}" if found else _CUT_OFF
    if isinstance(fault, EOFError) or _DAMAGED.search(words):
        return _CUT_OFF
    if misfit := _MISFIT.search(words):
        return f"its weights do not belong to the model that its config.json describes ({misfit[1].strip()})"
    if isinstance(fault, KeyError) and fault.args == ("model",):
        return 'its weights are not as Coqui saves them: a dict whose "model" holds them'
    return f"{type(fault).__name__}: {words[:300]}"


ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789àâäçèéêëîïôöùûüß"
RATE = 16_000  # Hz
VECTOR = 16  # length of a speaker's vector


def open_trial() -> Voice:
    """Return a voice of a model that was written to a folder and read from it, as a model of the user is."""
    with TemporaryDirectory(prefix="e2a-trial-") as folder:
        write_vits(Path(folder) / "model")
        recipe = Recipe("coqui", DEFAULT_VOICE, "en", model=f"{CUSTOM}trial")
        return Loader().open(recipe, "cpu:0", Path(folder))


def _characters() -> CharactersConfig:
    return CharactersConfig(
        characters_class="TTS.tts.utils.text.characters.Graphemes",
        characters=ALPHABET,
        punctuations="!'(),-.:;? ",
        pad="<PAD>",
        eos="<EOS>",
        bos="<BOS>",
        blank="<BLNK>",
    )


def write_vits(
    folder: Path,
    speakers: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    vectors: str = "",
    **larger: Any,
) -> Path:
    """Write a VITS of a quarter of a million weights, about 1 MB: model.pth and config.json in a folder.

    `vectors` is a file with the vectors of its speakers; `larger` are arguments of VitsArgs that replace the tiny ones.
    """
    arguments = _vits_arguments(speakers, languages, vectors)
    for name, value in larger.items():
        setattr(arguments, name, value)
    config = VitsConfig(
        audio=BaseAudioConfig(sample_rate=RATE, fft_size=512, win_length=512, hop_length=128, do_trim_silence=False),
        model_args=arguments,
        characters=_characters(),
        use_phonemes=False,
        phonemizer=None,
        text_cleaner="multilingual_cleaners",
        test_sentences=[],
    )
    config.languages = list(languages)
    if speakers:
        config.speakers, config.num_speakers, config.use_speaker_embedding = list(speakers), len(speakers), True
    torch.manual_seed(seed)
    model = Vits(config)
    with torch.no_grad():
        model.waveform_decoder.conv_post.weight.mul_(5.0)  # loud enough to be heard
    return save_model(folder, config, model)


def _vits_arguments(speakers: Sequence[str], languages: Sequence[str], vectors: str) -> Any:
    return VitsArgs(
        out_channels=257,
        spec_segment_size=16,
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=32,
        num_heads_text_encoder=2,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        use_sdp=False,
        init_discriminator=False,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3]],
        upsample_rates_decoder=[8, 4, 4],
        upsample_kernel_sizes_decoder=[16, 8, 8],
        upsample_initial_channel_decoder=32,
        length_scale=4.0,  # lengthens the durations, which are short at random
        max_inference_len=4000,
        use_language_embedding=len(languages) > 1,
        embedded_language_dim=4,
        use_speaker_embedding=bool(speakers),
        speaker_embedding_channels=16 if speakers else 0,
        use_d_vector_file=bool(vectors),
        d_vector_file=[vectors] if vectors else None,
        d_vector_dim=VECTOR if vectors else 0,
    )


def save_model(folder: Path, config: Any, model: Any) -> Path:
    """Write a model as Coqui does: config.json and model.pth in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        config.save_json(str(folder / "config.json"))
    torch.save({"config": config.to_dict(), "model": model.state_dict()}, folder / "model.pth")
    return folder
