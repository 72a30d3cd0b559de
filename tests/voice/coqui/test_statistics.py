import io
import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swarm.voice.coqui.statistics import read_statistics

STATISTICS = {"mel_mean": np.arange(80.0), "mel_std": np.ones(80, np.float32), "audio_config": {"fft_size": 1024}}
PROTOCOLS = (2, 3, 4)


class Exploit:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


class Call:
    """Unpickled, it is what a function of NumPy makes of its arguments."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


class Secret:
    """An object of the program that no file names."""


SECRET = Secret()
POINTER = id(SECRET).to_bytes(struct.calcsize("P"), sys.byteorder)
OBJECT = np.dtype(object)
SCALAR = np.float64(1).__reduce__()[0]
EMPTY = np.zeros(0).__reduce__()[:2]


def saved(path: Path, value: object) -> Path:
    np.save(path, np.array(value, dtype=object), allow_pickle=True)
    return path


def written(path: Path, body: bytes, said: str = "{'descr': '|O', 'fortran_order': False, 'shape': (), }") -> Path:
    header = said.encode("ascii") + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body)
    return path


def test_numbers_and_words_are_read(tmp_path: Path) -> None:
    found = read_statistics(saved(tmp_path / "stats.npy", STATISTICS)).item()
    assert np.array_equal(found["mel_mean"], STATISTICS["mel_mean"])
    assert found["mel_std"].dtype == np.float32
    assert found["audio_config"] == {"fft_size": 1024}
    np.save(tmp_path / "plain.npy", np.arange(3))
    assert read_statistics(tmp_path / "plain.npy").tolist() == [0, 1, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_files_of_every_age_are_read(tmp_path: Path, protocol: int) -> None:
    grid = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    value = np.array({"grid": grid, "rate": np.float64(0.5), "power": None, "on": True, "low": -3.5}, dtype=object)
    found = read_statistics(written(tmp_path / "stats.npy", pickle.dumps(value, protocol))).item()
    assert np.array_equal(found["grid"], grid)
    assert [found[name] for name in ("rate", "power", "on", "low")] == [0.5, None, True, -3.5]


@pytest.mark.parametrize(
    "forged",
    [
        Call(np.ndarray, ((1,), OBJECT, POINTER)),
        Call(np.ndarray, ((1,), np.dtype([("a", object)]), POINTER)),
        Call(SCALAR, (OBJECT, POINTER)),
        Call(*EMPTY, (1, (1,), OBJECT, False, POINTER)),
        Call(*EMPTY, (1, (1,), np.dtype([("a", object)]), False, POINTER)),
        Call(SCALAR, (np.dtype([("a", object)]), POINTER)),
        Call(*EMPTY, (1, (2**62,), np.dtype("f8"), False, bytes(8))),
        Call(*EMPTY, (1, (-1,), np.dtype("f8"), False, bytes(8))),
        Call(SCALAR, (np.dtype("f8"), b"")),
        Call(np.dtype, ("O8", False, True), (3, "|", None, None, None, -1, -1, 63)),
    ],
    ids=["class", "class record", "scalar", "array", "record", "scalar record", "large", "negative", "short", "dtype"],
)
def test_no_bytes_become_pointers(tmp_path: Path, forged: Call) -> None:
    path = written(tmp_path / "stats.npy", pickle.dumps({"mel_mean": forged}, 2))
    with pytest.raises(pickle.UnpicklingError):
        read_statistics(path)


@pytest.mark.parametrize(
    "said",
    [
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<V8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "(" * 20_000,
    ],
)
def test_a_header_of_anything_but_numbers_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        read_statistics(written(tmp_path / "stats.npy", POINTER, said))


def test_nothing_else_is_and_it_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for value in ({"mel_mean": Exploit(mark)}, Exploit(mark)):
        path = saved(tmp_path / "stats.npy", value)
        with pytest.raises(pickle.UnpicklingError, match="not allowed"):
            read_statistics(path)
    assert not mark.exists()
    np.load(path, allow_pickle=True)
    assert mark.exists()  # left to NumPy it would have


def test_few_bytes_do_not_become_much(tmp_path: Path) -> None:
    value: list[Any] = ["lol"]
    for _ in range(40):
        value = [value, value]
    endless: list[Any] = []
    endless.append(endless)
    for laughs in (value, endless):
        with pytest.raises(pickle.UnpicklingError, match="more than statistics do"):
            read_statistics(written(tmp_path / "stats.npy", pickle.dumps({"mel_mean": laughs}, 2)))


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.zeros(3_000_000))
    with pytest.raises(ValueError, match="larger than 16 MiB"):
        read_statistics(tmp_path / "large.npy")


def test_damaged_files_are_refused_and_end_nothing(tmp_path: Path) -> None:
    whole = io.BytesIO()
    np.save(whole, np.array(STATISTICS, dtype=object), allow_pickle=True)
    data, random = whole.getvalue(), np.random.default_rng(7)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 3):
            damaged[place] = random.integers(0, 256)
        path = tmp_path / "stats.npy"
        path.write_bytes(bytes(damaged)[: random.integers(1, len(data) + 1)])
        try:
            read_statistics(path)
        except (pickle.UnpicklingError, ValueError):
            refused += 1
    assert refused > 1000
