"""Runs VITS over several texts at once: padded, masked in each layer, each text with noise of its own.

So a text sounds as it does alone, as far as sums in another order leave the same. Coqui's own `inference` takes several
texts, but draws the noise of all from torch's only generator, and its vocoder, which knows no mask, hears the padding.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from TTS.tts.layers.vits.stochastic_duration_predictor import StochasticDurationPredictor
from TTS.tts.models.vits import Vits
from TTS.tts.utils.helpers import generate_path, sequence_mask

MAX_FRAMES = 4096  # the vocoder takes up to 100 kB for each, padding included
_CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.ConvTranspose1d)


class Noise:
    """What is random in a text: drawn by a seed as torch draws it after `manual_seed`."""

    def __init__(self, seed: int, device: Any) -> None:
        self._cpu = torch.Generator().manual_seed(seed)
        self._device = self._cpu if device.type == "cpu" else torch.Generator(device).manual_seed(seed)

    def durations(self, tokens: int) -> torch.Tensor:
        """Return the noise of the durations, shape (2, tokens). Coqui draws it on the CPU in any case."""
        return torch.randn(1, 2, tokens, generator=self._cpu)[0]

    def sound(self, channels: int, frames: int) -> torch.Tensor:
        """Return the noise of the sound, shape (channels, frames), filled in the order that Coqui's tensor has."""
        empty = torch.empty(1, frames, channels, device=self._device.device)
        return empty.transpose(1, 2).normal_(generator=self._device)[0]


@dataclass(frozen=True)
class TextRow:
    """One text of a batch: its tokens, and its noise."""

    tokens: Sequence[int]
    noise: Noise


@dataclass(frozen=True)
class Given:
    """What all texts of a batch share, as Coqui's `inference` takes it."""

    speaker: torch.Tensor | None  # the speaker's number
    vector: torch.Tensor | None
    language: torch.Tensor | None  # the language's number


def can_batch(model: Any) -> bool:
    """Return whether a model is a VITS whose frames have a whole number of samples each."""
    if not isinstance(model, Vits) or model.args.encoder_sample_rate:
        return False
    layers = model.waveform_decoder.ups
    return all((layer.kernel_size[0] - layer.stride[0]) % 2 == 0 for layer in layers)


def waves(model: Any, rows: Sequence[TextRow], given: Given) -> list[torch.Tensor]:
    """Return the wave of each text, shape (samples,)."""
    told = {"speaker_ids": given.speaker, "d_vectors": given.vector}
    voice = model._get_speaker_conditioning(told, "emb_g", normalize_embedding=False)
    language = None
    if model.args.use_language_embedding and given.language is not None:
        language = model.emb_l(given.language).unsqueeze(-1)
    tokens = [torch.as_tensor(row.tokens, dtype=torch.long, device=model.device) for row in rows]
    lengths = torch.tensor([len(row.tokens) for row in rows], device=model.device)
    text, mean, spread, known = model.text_encoder(pad_sequence(tokens, batch_first=True), lengths, lang_emb=language)
    frames = torch.ceil(torch.exp(_durations(model, rows, text, known, voice, language)) * known * model.length_scale)
    counts = torch.clamp_min(torch.sum(frames, [1, 2]), 1).long()
    heard = sequence_mask(counts, None).to(known.dtype).unsqueeze(1)
    path = generate_path(frames.squeeze(1), (known * heard.transpose(1, 2)).transpose(1, 2))
    mean, spread = (torch.matmul(path.transpose(1, 2), each.transpose(1, 2)).transpose(1, 2) for each in (mean, spread))
    noise = torch.zeros_like(mean)
    for number, (row, count) in enumerate(zip(rows, counts.tolist(), strict=True)):
        noise[number, :, :count] = row.noise.sound(mean.shape[1], count)
    hidden = model.flow(mean + noise * torch.exp(spread) * model.inference_noise_scale, heard, g=voice, reverse=True)
    return _vocoded(model, hidden * heard, counts, voice)


def _durations(model: Any, rows: Sequence[TextRow], text: Any, known: Any, voice: Any, language: Any) -> torch.Tensor:
    """Return the logarithm of the frames of each token, shape (rows, 1, tokens)."""
    predictor = model.duration_predictor
    voice = voice if model.args.condition_dp_on_speaker else None
    if not isinstance(predictor, StochasticDurationPredictor):
        return predictor(text, known, g=voice, lang_emb=language)
    hidden = predictor.pre(text)
    hidden = hidden if voice is None else hidden + predictor.cond(voice)
    hidden = hidden if language is None else hidden + predictor.cond_lang(language)
    hidden = predictor.proj(predictor.convs(hidden, known)) * known
    drawn = torch.zeros(len(rows), 2, text.shape[2])
    for number, row in enumerate(rows):
        drawn[number, :, : len(row.tokens)] = row.noise.durations(len(row.tokens))
    found = drawn.to(text) * model.inference_noise_scale_dp
    flows = list(reversed(predictor.flows))
    for flow in (*flows[:-2], flows[-1]):  # the last but one changes nothing that is used
        found = flow(torch.flip(found, [1]), known, g=hidden, reverse=True)
    return found[:, :1]


def _vocoded(model: Any, hidden: Any, counts: Any, voice: Any) -> list[torch.Tensor]:
    """Return the wave of each row of frames, those of a like length together."""
    most = model.max_inference_len
    sizes = [min(count, most) if most else count for count in counts.tolist()]
    found: dict[int, torch.Tensor] = {}
    for group in _groups(sizes):
        longest = max(sizes[number] for number in group)
        lengths = torch.tensor([sizes[number] for number in group], device=hidden.device)
        frames = hidden[group, :, :longest]
        with _masked(model.waveform_decoder, lengths, longest):
            sound = model.waveform_decoder(frames, g=voice)
        samples = sound.shape[-1] // longest
        for row, number in enumerate(group):
            found[number] = sound[row, 0, : sizes[number] * samples]
    return [found[number] for number in range(len(sizes))]


def _groups(sizes: Sequence[int]) -> list[list[int]]:
    """Return the numbers of rows in groups that fit the vocoder, the long rows first."""
    groups: list[list[int]] = []
    for number in sorted(range(len(sizes)), key=lambda number: -sizes[number]):
        longest = sizes[groups[-1][0]] if groups else 0
        if groups and (len(groups[-1]) + 1) * longest <= MAX_FRAMES:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


@contextmanager
def _masked(vocoder: Any, lengths: Any, longest: int) -> Iterator[None]:
    """Have each layer of a vocoder hear zeros behind the end of a row, as it hears them behind the end of a tensor."""
    if len(lengths) == 1:
        yield
        return
    masks: dict[int, Any] = {}

    def mask(layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        size = given[0].shape[-1]
        if size not in masks:
            masks[size] = sequence_mask(lengths * (size // longest), size).unsqueeze(1).to(given[0].dtype)
        return (given[0] * masks[size], *given[1:])

    parts = (vocoder.conv_pre, *vocoder.ups, *vocoder.resblocks, vocoder.conv_post)
    layers = [layer for part in parts for layer in part.modules() if isinstance(layer, _CONVOLUTIONS)]
    hooks = [layer.register_forward_pre_hook(mask) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
