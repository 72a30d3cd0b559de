"""The user's recording and model: the job files they become, and the names they have in the recipe.

The content decides, not the path. A file that is gone since is found again in the job that was made from it.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from swarm.config import RenderConfig
from swarm.coordinator.custom_model import CONFIG, CustomModel, parse_config, read_custom_model
from swarm.errors import StoreError, SwarmError, UsageError
from swarm.job.job_file import MODEL, VOICE, JobFile, find_latents
from swarm.job.recipe import CLONE
from swarm.job.record import LatentsLost
from swarm.job.spec import FileOrigin, JobSpec
from swarm.job.state import JobState
from swarm.store.job_files import digest_of
from swarm.store.store import Store
from swarm.store.summary import JobSummary
from swarm.system.disk import full_name, guarded

# An original that was deleted or replaced raises one of these.
ORIGINAL_ERRORS = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, SwarmError)


@dataclass
class BroughtFiles:
    """The files that a command's user brings; `voice` and `model` name them in recipes, "" where none is brought."""

    voice: str = ""
    model: str = ""
    job_files: tuple[JobFile, ...] = ()
    origins: tuple[FileOrigin, ...] = ()
    # Each digest has its bytes, or the path where they lie.
    ready: dict[str, bytes | Path] = field(default_factory=dict)
    custom: CustomModel | None = None
    config: dict[str, object] = field(default_factory=dict)  # the content of the model's config.json
    notes: list[str] = field(default_factory=list)

    def contents(self, folder: Path) -> dict[str, bytes | Path]:
        """Return each content by digest; files of a zip are unpacked into `folder`."""
        return self.ready | (self.custom.contents(folder) if self.custom else {})


def find_brought_files(config: RenderConfig, store: Store) -> BroughtFiles:
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


def find_config(brought: BroughtFiles, spec: JobSpec, store: Store) -> dict[str, object]:
    """Return the config.json of the custom model of a job; {} if it has none, or if it is gone. Raises UsageError."""
    kept = [job_file.digest for job_file in spec.job_files if job_file.name == MODEL + CONFIG]
    if brought.config or not kept:
        return brought.config
    path = store.job_file_path(spec.job, kept[0])
    return parse_config(path.read_bytes(), path) if path.is_file() else {}


def restore_job_files(state: JobState, brought: BroughtFiles, store: Store) -> None:
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
                path = store.job_file_path(state.job, job_file.digest)
                raise StoreError(
                    f"{path} is gone or damaged, and this voice needs it: put it back, or remove "
                    f"the job with `e2a-swarm jobs remove {state.job}` and begin again."
                )
            store.restore_job_file(state.job, job_file.digest, contents[job_file.digest])


def put_back(brought: BroughtFiles, store: Store, job: str, digest: str) -> bool:
    """Put back a file that a job lost while it is served; return whether the user's original could be found.

    From any thread.
    """
    try:
        with store.unpacking() as folder:
            content = brought.ready.get(digest) or (brought.custom.content(digest, folder) if brought.custom else None)
            if content is None or _digest(content) != digest:
                return False
            store.restore_job_file(job, digest, content)
    except ORIGINAL_ERRORS:
        return False
    return True


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else digest_of(content)


def lost_latents(state: JobState, store: Store) -> LatentsLost | None:
    """Return the record of lost latents if those of an unfinished job are gone or damaged. Raises StoreError."""
    latents = None if state.complete else find_latents(state.job_files)
    if latents is None or _is_whole(store, state.job, latents):
        return None
    return LatentsLost(latents.digest)


def _is_whole(store: Store, job: str, job_file: JobFile) -> bool:
    """Remove a damaged file, which workers would fetch in vain again and again."""
    if store.job_file_size(job, job_file.digest) != job_file.size:
        return False
    path = store.job_file_path(job, job_file.digest)
    with guarded(path):
        return digest_of(path) == job_file.digest


def _add_model(brought: BroughtFiles, path: Path, store: Store) -> None:
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


def _add_voice(brought: BroughtFiles, path: Path, store: Store) -> None:
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
    from swarm.audio.reference import read_reference  # loads FFmpeg, which a coordinator needs for nothing else

    wav = read_reference(path, file)
    digest = hashlib.sha256(wav).hexdigest()
    brought.voice = CLONE + digest
    brought.job_files += (JobFile(VOICE, digest, len(wav)),)
    brought.ready[digest] = wav


def _missing(option: str, path: Path) -> JobSummary:
    raise UsageError(f"{option} {path} is not there, and no job has what was made from it.")


def _made_from(store: Store, kind: str, path: str, digest: str = "") -> JobSummary | None:
    """Return the last job made from a file: by its content, or by its path if the file is gone.

    Only one that still has what was made of it.
    """

    def fits(origin: FileOrigin) -> bool:
        return origin.kind == kind and (origin.digest == digest if digest else origin.path == path)

    jobs = (job for job in _newest_first(store) if any(map(fits, job.origins)))
    return next(
        (job for job in jobs if all(_is_whole(store, job.job, job_file) for job_file in _of_kind(job, kind))), None
    )


def _of_kind(job: JobSummary, kind: str) -> tuple[JobFile, ...]:
    return tuple(
        job_file for job_file in job.job_files if job_file.name.startswith(VOICE if kind == "voice" else MODEL)
    )


def _newest_first(store: Store) -> Iterator[JobSummary]:
    return reversed(store.jobs())


def _adopt(brought: BroughtFiles, job: JobSummary, kind: str, store: Store) -> None:
    """Use the same files as another job."""
    origin = next(origin for origin in job.origins if origin.kind == kind)
    job_files = _of_kind(job, kind)
    brought.job_files += job_files
    brought.origins += (origin,)
    brought.ready |= {job_file.digest: store.job_file_path(job.job, job_file.digest) for job_file in job_files}
    if kind == "voice":
        brought.voice = origin.name
    else:
        brought.model = origin.name
        config = next(job_file for job_file in job_files if job_file.name == MODEL + CONFIG)
        with guarded(store.job_file_path(job.job, config.digest)):
            brought.config = parse_config(store.job_file_path(job.job, config.digest).read_bytes(), Path(origin.path))
