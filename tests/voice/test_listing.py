"""What a listing says of a model's files is bounded, and made anew when they change."""

import os
from pathlib import Path

import msgspec
import pytest

from swarm.voice.model_download import MAX_FILES, ListedModel

DIGEST = "0" * 64


def model(folder: Path, *names: str) -> ListedModel:
    return ListedModel("m", folder, lambda: names, lambda name: name.endswith((".json", ".pth")), lambda: 0)


def listing(*rows: tuple[str, str, int]) -> bytes:
    return msgspec.json.encode(
        {"files": [{"name": name, "digest": digest, "size": size} for name, digest, size in rows]}
    )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("../evil.json", DIGEST, 5)],
        [("/etc/evil.json", DIGEST, 5)],
        [("a//b.json", DIGEST, 5)],
        [("a\\b.json", DIGEST, 5)],
        [(".hidden.json", DIGEST, 5)],
        [("a/b/c/d/e.json", DIGEST, 5)],
        [("run.py", DIGEST, 5)],
        [("a.json", "0" * 63, 5)],
        [("a.json", DIGEST, 0)],
        [("a.json", DIGEST, 5), ("A.json", DIGEST, 5)],
        [("a.json", DIGEST, 10 * 2**30), ("b.json", DIGEST, 10 * 2**30)],
        [(f"{number}.json", DIGEST, 5) for number in range(MAX_FILES + 1)],
    ],
)
def test_a_listing_that_cannot_be_of_this_model_is_refused(tmp_path: Path, rows: list[tuple[str, str, int]]) -> None:
    with pytest.raises(ValueError):
        model(tmp_path).read(listing(*rows))
    with pytest.raises(ValueError):
        model(tmp_path).read(b"[" * 100_000)


def test_it_lists_what_is_there_and_lists_again_what_has_changed(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    assert not model(folder).write()
    (folder / "model.pth").write_bytes(b"weights")
    (folder / "config.json").write_bytes(b"{}")
    listed = model(folder, "model.pth", "config.json")
    assert listed.write()
    before = listed.place.read_bytes()
    assert [(file.name, file.size) for file in listed.read(before)] == [("model.pth", 7), ("config.json", 2)]
    made_s = listed.place.stat().st_mtime
    assert listed.write() and listed.place.stat().st_mtime == made_s  # nothing is read again
    (folder / "config.json").write_bytes(b"[]")
    os.utime(folder / "config.json", (made_s + 1, made_s + 1))
    assert listed.write() and listed.place.read_bytes() != before
