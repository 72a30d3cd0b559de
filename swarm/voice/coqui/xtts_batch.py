"""Runs XTTS's GPT over several texts at once: padded on the left, masked, each text sampled with its own generator.

So a text gets the tokens that it gets alone, as far as sums in another order leave the same. Coqui's own `inference`
takes one text, and draws from torch's only generator; a text alone gets the tokens that it gets there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

SAMPLING = {"temperature": 0.75, "top_k": 50, "top_p": 0.85, "repetition_penalty": 10.0}  # Coqui's own defaults


@dataclass(frozen=True)
class Prompt:
    """One text of a batch: its tokens, shape (1, tokens), and the generator that its sound is drawn with."""

    tokens: torch.Tensor
    generator: torch.Generator


class DrawByRow(LogitsProcessor):  # type: ignore[misc]  # mypy skips the library, which may be absent
    """Draws the next token of each row with the row's generator, and leaves only that token possible.

    A row that has ended draws no more, so that its generator is where it would be without neighbours.
    """

    def __init__(self, generators: Sequence[torch.Generator], stop: int) -> None:
        self._generators, self._stop = generators, stop

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return scores that leave one token of each row, drawn by the scores of all that could follow."""
        drawn = torch.full_like(scores, float("-inf"))
        ended = (input_ids[:, -1] == self._stop).tolist()
        for row, generator in enumerate(self._generators):
            token = self._stop
            if not ended[row]:
                chances = scores[row : row + 1].softmax(-1)
                token = torch.multinomial(chances, 1, generator=generator)[0, 0]
            drawn[row, token] = 0.0
        return drawn


def generate(gpt: Any, latent: torch.Tensor, prompts: Sequence[Prompt], sampling: dict[str, Any]) -> list[torch.Tensor]:
    """Return the audio tokens of each text, shape (1, tokens), with the stop token if there is one.

    `gpt` is the model's GPT, `latent` the voice, shape (1, positions, channels).
    """
    values = SAMPLING | sampling
    prefixes = [_prefix(gpt, latent, prompt.tokens) for prompt in prompts]
    longest = max(prefix.shape[1] for prefix in prefixes)
    padding = [longest - prefix.shape[1] for prefix in prefixes]
    padded = [functional.pad(prefix, (0, 0, missing, 0)) for prefix, missing in zip(prefixes, padding, strict=True)]
    gpt.gpt_inference.store_prefix_emb(torch.cat(padded))
    inputs = torch.ones((len(prompts), longest + 1), dtype=torch.long, device=latent.device)
    inputs[:, -1] = gpt.start_audio_token
    mask = torch.ones_like(inputs)
    for row, missing in enumerate(padding):
        mask[row, :missing] = 0
    stop = int(gpt.stop_audio_token)
    codes = gpt.gpt_inference.generate(
        inputs,
        bos_token_id=gpt.start_audio_token,
        pad_token_id=stop,
        eos_token_id=stop,
        max_length=gpt.max_gen_mel_tokens + inputs.shape[-1],
        attention_mask=mask,
        do_sample=False,  # the last processor has drawn already
        num_beams=1,
        repetition_penalty=float(values["repetition_penalty"]),
        logits_processor=_processors(values, [prompt.generator for prompt in prompts], stop),
    )[:, inputs.shape[-1] :]
    return [_until_stop(row, stop) for row in codes]


def _prefix(gpt: Any, latent: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    gpt.compute_embeddings(latent, tokens)
    prefix: torch.Tensor = gpt.gpt_inference.cached_prefix_emb
    return prefix


def _processors(values: dict[str, Any], generators: Sequence[torch.Generator], stop: int) -> LogitsProcessorList:
    """Return what `generate` would do with these settings if it drew itself, and then the draw."""
    processors: list[LogitsProcessor] = []
    if float(values["temperature"]) != 1.0:
        processors.append(TemperatureLogitsWarper(float(values["temperature"])))
    if int(values["top_k"]):
        processors.append(TopKLogitsWarper(int(values["top_k"])))
    if float(values["top_p"]) < 1.0:
        processors.append(TopPLogitsWarper(float(values["top_p"])))
    return LogitsProcessorList([*processors, DrawByRow(generators, stop)])


def _until_stop(row: torch.Tensor, stop: int) -> torch.Tensor:
    """Return a row of tokens up to its first stop token, which stays."""
    stops = (row == stop).nonzero()
    return row[None, : int(stops[0, 0]) + 1 if len(stops) else None]


def sound(model: Any, tokens: torch.Tensor, codes: torch.Tensor, voice: Any, speed: float) -> torch.Tensor:
    """Return the wave of one text: the GPT's latents of its audio tokens, through the vocoder in float32."""
    device = tokens.device
    latents = model.gpt(
        tokens,
        torch.tensor([tokens.shape[-1]], device=device),
        codes,
        torch.tensor([codes.shape[-1] * model.gpt.code_stride_len], device=device),
        cond_latents=voice.gpt.to(device),
        return_attentions=False,
        return_latent=True,
    )
    if speed != 1.0:
        scale = 1.0 / max(speed, 0.05)
        latents = functional.interpolate(latents.transpose(1, 2), scale_factor=scale, mode="linear").transpose(1, 2)
    wave: torch.Tensor = model.hifigan_decoder(latents.float(), g=voice.speaker.to(device)).cpu().squeeze()
    return wave


def halve(gpt: Any) -> None:
    """Keep the weights of the GPT's layers in float16: nine tenths of the model. What goes in and out is float32."""
    layers = gpt.gpt.h  # not all of `gpt.gpt`: it holds the embeddings too, which others use
    layers.half()
    gpt.gpt.ln_f.half()
    layers[0].register_forward_pre_hook(lambda module, given: (given[0].half(), *given[1:]))
    gpt.gpt.ln_f.register_forward_hook(lambda module, given, result: result.float())
