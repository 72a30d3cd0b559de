"""The user's recording and model: the job files they become, and the names they have in the recipe.

The content decides, not the path. A file that is gone since is found again by its digest. Of a model's folder or zip
only the files are read that engines know.
"""

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import IO

from swarm.config import RenderConfig
from swarm.errors import StoreError, SwarmError, UsageError
from swarm.job.job_asset import MAX_BYTES, MODEL, VOICE, JobAsset, find_latents
from swarm.job.record import LatentsLost
from swarm.job.spec import CLONE, CUSTOM, FileOrigin, JobSpec
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore, digest_of
from swarm.job.store.summary import JobSummary
from swarm.system.disk import full_name, guarded
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

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file for reading."""
        if not self.inside:
            with self.source.open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(self.source) as archive, archive.open(self.inside) as file:
                yield file

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in chunks. Raises UsageError over the bound."""
        total = 0
        with self.open() as file:
            while chunk := file.read(CHUNK):
                total += len(chunk)
                if total > MAX_BYTES:
                    raise UsageError(f"--custom-model {self.source}: {self.inside or 'a file'} is too large.")
                yield chunk


@dataclass(frozen=True)
class CustomModel:
    """The files of a model in a folder or zip. `reference` is the recording that came with it, if one did."""

    files: dict[JobAsset, ModelFile]
    reference: ModelFile | None
    config: dict[str, object]
    ignored: tuple[str, ...]

    @property
    def name(self) -> str:
        """The model's name in a recipe: the same files have the same name."""
        manifest = "".join(
            f"{info.name} {info.digest} {info.size}\n" for info in sorted(self.files, key=attrgetter("name"))
        )
        return CUSTOM + hashlib.sha256(manifest.encode()).hexdigest()

    @property
    def job_files(self) -> tuple[JobAsset, ...]:
        """Its files, in the order of their names."""
        return tuple(sorted(self.files, key=attrgetter("name")))

    def contents(self, folder: Path) -> dict[str, bytes | Path]:
        """Return the path of each file; files of a zip are unpacked into `folder`."""
        return {info.digest: _unpacked(file, folder / info.digest) for info, file in self.files.items()}

    def content(self, digest: str, folder: Path) -> Path | None:
        """Return the path of one file, unpacked into `folder` if need be; None if it is no file of this model."""
        found = (file for info, file in self.files.items() if info.digest == digest)
        return next((_unpacked(file, folder / digest) for file in found), None)


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
        chosen, ignored = _choose(_in_folder(path) if path.is_dir() else _in_file(path), path)
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


def pack_model(path: Path, target: Path) -> None:
    """Write the files of a model, which are a folder or a network with its config, as one zip.

    Raises UsageError, OSError.
    """
    chosen, _ = _choose(_in_folder(path) if path.is_dir() else _in_file(path), path)
    try:
        with zipfile.ZipFile(target, "w") as archive:
            for name, file in sorted(chosen.items()):
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                    for chunk in file.chunks():
                        entry.write(chunk)
    except BaseException:  # the disk may be full
        target.unlink(missing_ok=True)
        raise


def _in_file(path: Path) -> dict[str, ModelFile]:
    """Return the files in a zip, or a network and the config of the same name beside it."""
    if path.suffix != ONNX:
        return _in_zip(path)
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


def _info(name: str, file: ModelFile) -> JobAsset:
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    if not size:
        raise UsageError(f"--custom-model {file.source}: {name.removeprefix(MODEL)} is empty.")
    return JobAsset(name, digest.hexdigest(), size)


# An original that was deleted or replaced raises one of these.
ORIGINAL_ERRORS = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, SwarmError)


@dataclass
class BroughtFiles:
    """The files that a command's user brings; `voice` and `model` name them in recipes, "" where none is brought."""

    voice: str = ""
    model: str = ""
    job_files: tuple[JobAsset, ...] = ()
    origins: tuple[FileOrigin, ...] = ()
    # Each digest has its bytes, or the path where they lie.
    ready: dict[str, bytes | Path] = field(default_factory=dict)
    custom: CustomModel | None = None
    config: dict[str, object] = field(default_factory=dict)  # the content of the model's config.json
    notes: list[str] = field(default_factory=list)

    def contents(self, folder: Path) -> dict[str, bytes | Path]:
        """Return each content by digest; files of a zip are unpacked into `folder`."""
        return self.ready | (self.custom.contents(folder) if self.custom else {})


def find_brought_files(config: RenderConfig, store: DiskStore) -> BroughtFiles:
    """Read what the user brings. Raises UsageError, StoreError."""
    brought = BroughtFiles()
    if config.custom_model is not None:
        _add_model(brought, config.custom_model, store)
    if config.voice_file is not None:
        _add_voice(brought, config.voice_file, store)
    elif brought.custom is not None and brought.custom.reference is not None and not config.voice:
        with brought.custom.reference.open() as file:
            _take_voice(brought, brought.custom.reference.source, file)
    return brought


def find_config(brought: BroughtFiles, spec: JobSpec, store: DiskStore) -> dict[str, object]:
    """Return the config.json of the custom model of a job; {} if it has none, or if it is gone. Raises UsageError."""
    kept = [job_file.digest for job_file in spec.job_files if job_file.name == MODEL + CONFIG]
    if brought.config or not kept:
        return brought.config
    path = store.asset_path(spec.job, kept[0])
    return parse_config(path.read_bytes(), path) if path.is_file() else {}


def restore_job_files(state: JobState, brought: BroughtFiles, store: DiskStore) -> None:
    """Put back the files of a job that are gone or damaged, if anything is left to speak.

    Raises StoreError if they cannot be had any more.
    """
    needed = () if state.complete else state.job_files
    lost = [job_file for job_file in needed if not _is_whole(store, state.job, job_file)]
    if not lost:
        return
    with store.unpacking() as folder:
        contents = brought.contents(folder)
        for job_file in lost:
            if job_file.digest not in contents:
                path = store.asset_path(state.job, job_file.digest)
                raise StoreError(
                    f"{path} is gone or damaged, and this voice needs it: put it back, or remove "
                    f"the job with `e2a-swarm jobs remove {state.job}` and begin again."
                )
            store.restore_asset(state.job, job_file.digest, contents[job_file.digest])


def put_back(brought: BroughtFiles, store: DiskStore, job: str, digest: str) -> bool:
    """Put back a file that a job lost while it is served; return whether the user's original could be found.

    From any thread.
    """
    try:
        with store.unpacking() as folder:
            content = brought.ready.get(digest) or (brought.custom.content(digest, folder) if brought.custom else None)
            if content is None or _digest(content) != digest:
                return False
            store.restore_asset(job, digest, content)
    except ORIGINAL_ERRORS:
        return False
    return True


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else digest_of(content)


def lost_latents(state: JobState, store: DiskStore) -> LatentsLost | None:
    """Return the record of lost latents if those of an unfinished job are gone or damaged. Raises StoreError."""
    latents = None if state.complete else find_latents(state.job_files)
    if latents is None or _is_whole(store, state.job, latents):
        return None
    return LatentsLost(latents.digest)


def _is_whole(store: DiskStore, job: str, job_file: JobAsset) -> bool:
    """Remove a damaged file, which workers would fetch in vain again and again."""
    if store.asset_size(job, job_file.digest) != job_file.size:
        return False
    path = store.asset_path(job, job_file.digest)
    with guarded(path):
        return digest_of(path) == job_file.digest


def _add_model(brought: BroughtFiles, path: Path, store: DiskStore) -> None:
    name = full_name(path)
    if not path.exists():
        job = _made_from(store, "model", name) or _missing("--custom-model", path)
        _adopt(brought, job, "model", store)
        return
    brought.custom = read_custom_model(path)
    brought.model, brought.job_files = brought.custom.name, brought.custom.job_files
    brought.config = brought.custom.config
    brought.origins = (FileOrigin("model", name, brought.model, ""),)
    if brought.custom.ignored:
        brought.notes.append(f"{path}: left out what no engine knows: {', '.join(brought.custom.ignored)[:200]}")


def _add_voice(brought: BroughtFiles, path: Path, store: DiskStore) -> None:
    name, digest = full_name(path), ""
    if path.is_file():
        with guarded(path):
            digest = digest_of(path)
    job = _made_from(store, "voice", name, digest)  # another version of FFmpeg might decode other bytes
    if job is not None:
        _adopt(brought, job, "voice", store)
    elif digest:
        _take_voice(brought, path)
        brought.origins += (FileOrigin("voice", name, brought.voice, digest),)
    else:
        _missing("--voice", path)


def _take_voice(brought: BroughtFiles, path: Path, file: IO[bytes] | None = None) -> None:
    from swarm.audiobook.sound.reference import (
        read_reference,  # loads FFmpeg, which a coordinator needs for nothing else
    )

    wav = read_reference(path, file)
    digest = hashlib.sha256(wav).hexdigest()
    brought.voice = CLONE + digest
    brought.job_files += (JobAsset(VOICE, digest, len(wav)),)
    brought.ready[digest] = wav


def _missing(option: str, path: Path) -> JobSummary:
    raise UsageError(f"{option} {path} is not there, and no job has what was made from it.")


def _made_from(store: DiskStore, kind: str, path: str, digest: str = "") -> JobSummary | None:
    """Return the last job made from a file: by its content, or by its path if the file is gone.

    Only one that still has what was made of it.
    """

    def fits(origin: FileOrigin) -> bool:
        return origin.kind == kind and (origin.digest == digest if digest else origin.path == path)

    jobs = (job for job in reversed(store.jobs()) if any(map(fits, job.origins)))
    return next(
        (job for job in jobs if all(_is_whole(store, job.job, job_file) for job_file in _of_kind(job, kind))), None
    )


def _of_kind(job: JobSummary, kind: str) -> tuple[JobAsset, ...]:
    return tuple(
        job_file for job_file in job.job_files if job_file.name.startswith(VOICE if kind == "voice" else MODEL)
    )


def _adopt(brought: BroughtFiles, job: JobSummary, kind: str, store: DiskStore) -> None:
    """Use the same files as another job."""
    origin = next(origin for origin in job.origins if origin.kind == kind)
    job_files = _of_kind(job, kind)
    brought.job_files += job_files
    brought.origins += (origin,)
    brought.ready |= {job_file.digest: store.asset_path(job.job, job_file.digest) for job_file in job_files}
    if kind == "voice":
        brought.voice = origin.name
    else:
        brought.model = origin.name
        config = next(job_file for job_file in job_files if job_file.name == MODEL + CONFIG)
        with guarded(store.asset_path(job.job, config.digest)):
            brought.config = parse_config(store.asset_path(job.job, config.digest).read_bytes(), Path(origin.path))
