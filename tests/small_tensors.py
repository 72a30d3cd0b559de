"""Small real safetensors, for engines and workers of tests that make latents."""

import json

import numpy as np


def small_tensors(content: bytes, name: str = "latent") -> bytes:
    """Return safetensors of one tensor, whose numbers are made of these bytes: different ones for different bytes."""
    numbers = np.frombuffer(content, np.uint8).astype("<f2").tobytes()
    header = {name: {"dtype": "F16", "shape": [len(content)], "data_offsets": [0, len(numbers)]}}
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    return len(packed).to_bytes(8, "little") + packed + numbers
