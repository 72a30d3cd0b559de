"""Measures what batches gain with a VITS of the usual size: random weights, in one thread on the CPU, or on a GPU.

The weights decide nothing of the time that a frame takes. The length of each sentence is set, since random durations
are none of speech. On a CPU, seconds are those of the processor.

python benchmarks/vits_batch.py
python benchmarks/vits_batch.py --device cuda:0 --batches 1 4 8 16 32
"""

import argparse
import contextlib
import getpass
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

RATE, HOP = 22_050, 256
LENGTHS = (120, 50, 180, 90, 140, 70, 160, 100)  # tokens of the sentences, repeated; half of them are blanks
FRAMES_A_TOKEN = 2.4  # speech of some 15 characters a second has about this


def make_vits(*, tiny: bool) -> Any:
    """Return a VITS of Coqui's usual size with random weights, each of whose tokens takes as long as in speech."""
    import torch  # takes seconds, and --help needs none of it
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    torch.manual_seed(0)
    small = {"hidden_channels": 16, "hidden_channels_ffn_text_encoder": 32, "upsample_initial_channel_decoder": 32}
    arguments = VitsArgs(init_discriminator=False, **(small if tiny else {}))
    model = Vits(VitsConfig(model_args=arguments)).eval()
    for each in model.duration_predictor.flows:  # durations of one frame, times the scale
        for parameter in each.parameters():
            parameter.data.zero_()
    model.inference_noise_scale_dp = 0.0
    model.length_scale = FRAMES_A_TOKEN
    model.max_inference_len = None
    return model


def measure(model: Any, batch: int, sentences: int, device: str) -> tuple[float, float]:
    """Return the seconds that some sentences take in batches of a size, and the seconds of their sound."""
    import torch

    from swarm.voice.coqui.plain import Given, Noise, TextRow, waves

    place = torch.device(device)
    rows = [TextRow([1 + n % 50 for n in range(LENGTHS[i % len(LENGTHS)])], Noise(i, place)) for i in range(sentences)]
    clock = time.process_time if device == "cpu" else time.perf_counter
    one_speaker, samples, began = Given(None, None, None), 0, clock()
    with torch.inference_mode():
        for first in range(0, sentences, batch):
            for wave in waves(model, rows[first : first + batch], one_speaker):
                samples += len(wave.cpu())
    return clock() - began, samples / RATE


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sentences", type=int, default=16, help="rounded up to whole batches")
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--tiny", action="store_true", help="a narrow network, to show that this runs")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    model = make_vits(tiny=arguments.tiny).to(arguments.device)
    parameters = sum(each.numel() for each in model.parameters())
    print(f"{parameters / 1e6:.0f} million parameters, sentences of about 3 s, on {arguments.device}\n")
    measure(model, 1, len(LENGTHS), arguments.device)  # the first run also allocates
    print("| sentences at once | seconds | x real time | gain |")
    print("| --- | --- | --- | --- |")
    alone = 0.0
    for batch in arguments.batches:
        took_s, sound_s = measure(model, batch, -(-arguments.sentences // batch) * batch, arguments.device)
        pace = sound_s / took_s
        alone = alone or pace
        print(f"| {batch} | {took_s:.1f} | {pace:.2f} | {pace / alone:.2f} |", flush=True)
    print(f"\nThe process took {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most.")


if __name__ == "__main__":
    main()
    with contextlib.suppress(OSError):  # torch leaves an empty folder behind
        Path(tempfile.gettempdir(), f"torchinductor_{getpass.getuser()}").rmdir()
