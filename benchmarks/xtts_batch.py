"""Measures what batches gain with a GPT of XTTS v2's size: random weights, in one thread on the CPU, or on a GPU.

The weights decide nothing of the time that a token takes, but random ones seldom stop by themselves; so each sentence
gets the same number of tokens. The vocoder, which takes one sentence after the other, is left out. On a CPU, seconds
are those of the processor.

python benchmarks/xtts_batch.py
python benchmarks/xtts_batch.py --device cuda:0 --tokens 200 --batches 1 4 8 16 32
"""

import argparse
import contextlib
import getpass
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

LAYERS, CHANNELS, HEADS = 30, 1024, 16  # XTTS v2 has these
TEXT_TOKENS, AUDIO_TOKENS, LATENT = 6681, 1026, 32
TOKENS_A_SECOND = 24_000 / 1024  # tokens for a second of sound
LENGTHS = (60, 25, 90, 45, 70, 35, 80, 50)  # text tokens of the sentences, repeated


def make_gpt(layers: int, channels: int, heads: int, tokens: int) -> Any:
    """Return a GPT of XTTS's architecture with random weights, which ends a sentence only after so many tokens."""
    import torch  # takes seconds, and --help needs none of it
    from TTS.tts.layers.xtts.gpt import GPT

    torch.manual_seed(0)
    gpt = GPT(
        layers=layers,
        model_dim=channels,
        heads=heads,
        max_text_tokens=402,
        max_mel_tokens=605,
        max_prompt_tokens=70,
        number_text_tokens=TEXT_TOKENS,
        num_audio_tokens=AUDIO_TOKENS,
        start_audio_token=1024,
        stop_audio_token=1025,
        use_perceiver_resampler=True,
        code_stride_len=1024,
    )
    gpt.init_gpt_for_inference()
    gpt.max_gen_mel_tokens = tokens
    with torch.no_grad():
        gpt.mel_head.bias[1025] = -1e4  # never the stop token
    return gpt.eval()


def measure(gpt: Any, batch: int, tokens: int, device: str) -> float:
    """Return the seconds that so many sentences take together."""
    import torch

    from swarm.voice.coqui.xtts import Prompt, generate

    latent = torch.randn(1, LATENT, gpt.model_dim, device=device)
    prompts = [
        Prompt(
            torch.randint(0, TEXT_TOKENS, (1, LENGTHS[row % len(LENGTHS)]), dtype=torch.int, device=device),
            torch.Generator(device).manual_seed(row),
        )
        for row in range(batch)
    ]
    clock = time.process_time if device == "cpu" else time.perf_counter
    began = clock()
    with torch.inference_mode():
        codes = generate(gpt, latent, prompts, {})
    took_s = clock() - began
    if any(row.shape[-1] != tokens for row in codes):
        raise SystemExit("a sentence ended early: its time tells nothing")
    return took_s


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tokens", type=int, default=40, help="audio tokens of each sentence; 24 are about a second")
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--half", action="store_true", help="keep the layers in float16")
    parser.add_argument("--tiny", action="store_true", help="a GPT of two narrow layers, to show that this runs")
    arguments = parser.parse_args()
    import torch

    from swarm.voice.coqui.xtts import halve

    torch.set_num_threads(1)
    size = (2, 64, 4) if arguments.tiny else (LAYERS, CHANNELS, HEADS)
    gpt = make_gpt(*size, arguments.tokens)
    if arguments.half:
        halve(gpt)
    gpt.to(arguments.device)
    parameters = sum(each.numel() for each in gpt.parameters())
    print(f"{parameters / 1e6:.0f} million parameters, {arguments.tokens} tokens a sentence, on {arguments.device}\n")
    measure(gpt, 1, arguments.tokens, arguments.device)  # the first run also allocates
    print("| sentences at once | seconds | tokens a second | x real time, GPT alone | gain |")
    print("| --- | --- | --- | --- | --- |")
    alone = 0.0
    for batch in arguments.batches:
        took_s = measure(gpt, batch, arguments.tokens, arguments.device)
        pace = batch * arguments.tokens / took_s
        alone = alone or pace
        print(
            f"| {batch} | {took_s:.1f} | {pace:.1f} | {pace / TOKENS_A_SECOND:.2f} | {pace / alone:.1f} |", flush=True
        )
    print(f"\nThe process took {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most.")


if __name__ == "__main__":
    main()
    with contextlib.suppress(OSError):  # torch leaves an empty folder behind
        Path(tempfile.gettempdir(), f"torchinductor_{getpass.getuser()}").rmdir()
