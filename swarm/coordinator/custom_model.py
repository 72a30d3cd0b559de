"""A user's custom model: the files of a folder or zip that engines know, by digest. No other file is read."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from swarm.errors import UsageError
from swarm.job.job_file import MAX_BYTES, MODEL, JobFile
from swarm.job.recipe import CUSTOM
from swarm.voice.host.registry import custom_fault, custom_files

CONFIG, WEIGHTS, REFERENCE = "config.json", ("model.pth", "model.safetensors", "model.onnx"), "ref.wav"
ONNX, CONFIG_OF_NETWORK = ".onnx", ".json"
MAX_CONFIG = 4 * 1024 * 1024  # bytes of a config.json
MAX_ENTRIES = 1000  # a zip or a folder has no more
CHUNK = 1 << 20
SUFFIXES = (".pth", ".safetensors", ".onnx")


@dataclass(frozen=True)
class ModelFile:
    """One file, in a folder or a zip."""

    source: Path
    inside: str = ""  # the name of the file in the zip

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Open the file for reading."""
        if not self.inside:
            return self.source.open("rb")
        return closing(_Inside(self.source, self.inside))  # type: ignore[arg-type]

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in chunks. Raises UsageError over the bound."""
        total = 0
        with self.open() as file:
            while chunk := file.read(CHUNK):
                total += len(chunk)
                if total > MAX_BYTES:
                    raise UsageError(f"--custom-model {self.source}: {self.inside or 'a file'} is too large.")
                yield chunk


class _Inside:
    """A file in a zip; to close it closes the zip too."""

    def __init__(self, path: Path, name: str) -> None:
        self._archive = zipfile.ZipFile(path)
        self._file = self._archive.open(name)

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes."""
        return self._file.read(size)

    def close(self) -> None:
        """Close the file and its zip."""
        self._file.close()
        self._archive.close()


@dataclass(frozen=True)
class CustomModel:
    """The files of a model in a folder or zip. `reference` is the recording that came with it, if one did."""

    files: dict[JobFile, ModelFile]
    reference: ModelFile | None
    config: dict[str, object]
    ignored: tuple[str, ...]

    @property
    def name(self) -> str:
        """The model's name in a recipe: the same files have the same name."""
        manifest = "".join(f"{info.name} {info.digest} {info.size}\n" for info in sorted(self.files, key=_by_name))
        return CUSTOM + hashlib.sha256(manifest.encode()).hexdigest()

    @property
    def job_files(self) -> tuple[JobFile, ...]:
        """Its files, in the order of their names."""
        return tuple(sorted(self.files, key=_by_name))

    def contents(self, folder: Path) -> dict[str, bytes | Path]:
        """Return the path of each file; files of a zip are unpacked into `folder`."""
        return {info.digest: _unpacked(file, folder / info.digest) for info, file in self.files.items()}

    def content(self, digest: str, folder: Path) -> Path | None:
        """Return the path of one file, unpacked into `folder` if need be; None if it is no file of this model."""
        found = (file for info, file in self.files.items() if info.digest == digest)
        return next((_unpacked(file, folder / digest) for file in found), None)


def _by_name(info: JobFile) -> str:
    return info.name


def _unpacked(file: ModelFile, target: Path) -> Path:
    if not file.inside:
        return file.source
    with target.open("wb") as writing:
        for chunk in file.chunks():
            writing.write(chunk)
    return target


def read_custom_model(path: Path) -> CustomModel:
    """Read the model in a folder or zip. Raises UsageError."""
    try:
        if path.exists() and not (path.is_dir() or path.is_file()):
            raise UsageError(f"--custom-model {path} is a pipe or a device: name a folder or a zip file.")
        found = _in_folder(path) if path.is_dir() else _beside(path) if path.suffix == ONNX else _in_zip(path)
        chosen, ignored = _choose(found, path)
        reference = chosen.pop(REFERENCE, None)
        config = parse_config(_bytes(chosen[CONFIG], MAX_CONFIG), path)
        if fault := custom_fault(config, chosen):
            raise UsageError(f"--custom-model {path}: {fault}.")
        files = {_info(MODEL + name, file): file for name, file in chosen.items()}
    except zipfile.BadZipFile as fault:
        raise UsageError(f"--custom-model {path} is neither a folder nor a whole zip file.") from fault
    except (OSError, RuntimeError, NotImplementedError) as fault:
        # An encrypted zip raises RuntimeError, an unknown compression NotImplementedError.
        raise UsageError(
            f"--custom-model {path} cannot be read: {getattr(fault, 'strerror', None) or fault}."
        ) from fault
    return CustomModel(files, reference, config, ignored)


def _beside(path: Path) -> dict[str, ModelFile]:
    """Return a network and the config of the same name beside it."""
    config = path.with_name(path.name + CONFIG_OF_NETWORK)
    if not config.is_file():
        raise UsageError(f"--custom-model {path}: there is no {config.name} beside it.")
    return {path.name: ModelFile(path), CONFIG: ModelFile(config)}


def _in_folder(path: Path) -> dict[str, ModelFile]:
    entries = [entry for entry in path.iterdir() if entry.is_file()]
    if not entries and len(inner := [entry for entry in path.iterdir() if entry.is_dir()]) == 1:
        return _in_folder(inner[0])
    return {entry.name: ModelFile(entry) for entry in entries[:MAX_ENTRIES]}


def _in_zip(path: Path) -> dict[str, ModelFile]:
    """Return the files at the top or in the only folder; links and paths that lead out are ignored."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise UsageError(f"--custom-model {path} holds {len(entries)} files: a model has a handful.")
    found: dict[str, ModelFile] = {}
    for entry in entries:
        place = PurePosixPath(entry.filename)
        plain = not entry.is_dir() and stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
        if plain and len(place.parts) <= 2 and ".." not in place.parts and not place.is_absolute():
            if place.name in found:
                raise UsageError(f"--custom-model {path} holds {place.name} twice: pack one model only.")
            found[place.name] = ModelFile(path, entry.filename)
    return found


def _bytes(file: ModelFile, most: int) -> bytes:
    with file.open() as opened:
        return opened.read(most)


def parse_config(data: bytes, path: Path) -> dict[str, object]:
    """Parse a config.json; Coqui writes infinities into it, which only Python's JSON knows. Raises UsageError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"--custom-model {path}: its config.json cannot be read: {fault}.") from fault
    if not isinstance(said, dict):
        raise UsageError(f"--custom-model {path}: its config.json is not the config of a model.")
    return said


def _choose(found: dict[str, ModelFile], path: Path) -> tuple[dict[str, ModelFile], tuple[str, ...]]:
    """Return the files that engines know, under the names that engines use, and the files that are left out."""
    known = (CONFIG, REFERENCE, *custom_files())
    if CONFIG not in found:  # the networks of some engines have configs of their names: voice.onnx.json
        configs = [name for name in found if name.endswith(ONNX + CONFIG_OF_NETWORK)]
        found |= {CONFIG: found.pop(configs[0])} if len(configs) == 1 else {}
    chosen = {name: file for name, file in found.items() if name in known}
    weights = [name for name in WEIGHTS if name in found]
    if not weights:
        weights = [name for name in found if name.endswith(SUFFIXES) and name not in known]
    if CONFIG not in found or not weights:
        missing = CONFIG if CONFIG not in found else "model.pth, model.safetensors or model.onnx"
        raise UsageError(f"--custom-model {path}: there is no {missing} in it.")
    if len(weights) > 1 and weights[0] not in WEIGHTS:
        raise UsageError(f"--custom-model {path} holds {', '.join(sorted(weights)[:3])}: name the right one model.pth.")
    chosen["model" + Path(weights[0]).suffix] = found[weights[0]]
    ignored = sorted(name for name in found if name not in chosen and name != weights[0])
    return chosen, tuple(ignored)


def _info(name: str, file: ModelFile) -> JobFile:
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    if not size:
        raise UsageError(f"--custom-model {file.source}: {name.removeprefix(MODEL)} is empty.")
    return JobFile(name, digest.hexdigest(), size)
