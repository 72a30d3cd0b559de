"""What an image is built from without a network: a small root file system and wheels, of files of this machine."""

import base64
import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

TOOLS = ("sh", "cat", "chmod", "chown", "cp", "env", "id", "ls", "mkdir", "rm", "sleep", "tar", "test", "touch")
LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
ACCOUNTS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n"}
GLIBC = ("libdl.so.2", "libmvec.so.1", "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libutil.so.1")
UNUSED = ("site-packages", "test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip")


def make_root(target: Path) -> None:
    """Write a root file system with this Python, pip and a shell, as a tar."""
    prefix, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(sysconfig.get_path("stdlib"))
    programs = [Path(path) for tool in TOOLS if (path := shutil.which(tool))]
    python = (prefix / "bin" / version).resolve()
    extensions = [*library.glob("lib-dynload/*.so"), *_installed("onnxruntime", r".*\.so[.\d]*$")]
    with tarfile.open(target, "w") as tar:
        for name, link in LINKS.items():
            _add_link(tar, name, link)
        for name in ("tmp", "root", "proc", "sys", "dev", "etc", "run"):
            _add_folder(tar, name, 0o1777 if name == "tmp" else 0o755)
        for name, text in ACCOUNTS.items():
            _add_text(tar, name, text)
        for path in {*programs, *_libraries([*programs, python, *extensions])}:
            tar.add(path.resolve(), _merged(path))
        for path in (python, library):
            tar.add(path, str(path).lstrip("/"), filter=_without_unused)
        for name in ("python3", "python"):
            _add_link(tar, f"usr/local/bin/{name}", str(python))
        for path in _installed("pip", r".*\.(py|pem|txt)$"):
            tar.add(path, str(library / "site-packages" / path.relative_to(_packages())).lstrip("/"))


def make_wheels(folder: Path, wanted: Iterable[str]) -> None:
    """Write a wheel of each installed package that is wanted, and of all that it requires."""
    for name in _closure(wanted):
        _make_wheel(folder, importlib.metadata.distribution(name))


def _packages() -> Path:
    return Path(sysconfig.get_path("purelib"))


def _installed(name: str, pattern: str) -> Iterator[Path]:
    """Return the files of an installed package whose paths match a pattern."""
    for file in importlib.metadata.files(name) or ():
        if re.fullmatch(pattern, str(file)) and (path := Path(str(file.locate()))).is_file():
            yield path


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """Return the shared libraries of programs that are not in their own packages."""
    listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True).stdout
    paths = {Path(match) for match in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed, re.MULTILINE)}
    [libc] = [path for path in paths if path.name == "libc.so.6"]
    paths |= {path for name in GLIBC if (path := libc.with_name(name)).exists()}  # every system with glibc has them
    return {path for path in paths if not path.is_relative_to(_packages())}


def _merged(path: Path) -> str:
    """Return the name of a file in a root whose /bin and /lib are links into /usr."""
    name = str(path).lstrip("/")
    return f"usr/{name}" if name.split("/")[0] in LINKS else name


def _without_unused(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = member.name.split("/")
    return None if any(part in UNUSED or part.startswith("config-") for part in parts) else member


def _add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    tar.addfile(member)


def _add_folder(tar: tarfile.TarFile, name: str, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, mode
    tar.addfile(member)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    import io

    member = tarfile.TarInfo(name)
    member.size = len(text)
    tar.addfile(member, io.BytesIO(text.encode()))


def _closure(wanted: Iterable[str]) -> list[str]:
    """Return the names of installed packages that are wanted, and of those that they require in turn."""
    waiting, found = [Requirement(text) for text in wanted], dict[tuple[str, str], None]()
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        for extra in ("", *requirement.extras):
            if (name, extra) not in found:
                found[name, extra] = None
                needed = map(Requirement, importlib.metadata.requires(name) or ())
                waiting += [r for r in needed if r.marker is None or r.marker.evaluate({"extra": extra})]
    return sorted({name for name, _ in found if name != "e2a-swarm"})


def _make_wheel(folder: Path, package: importlib.metadata.Distribution) -> None:
    """Write a wheel of an installed package from its files, uncompressed."""
    tags = re.findall(r"^Tag: (\S+)$", package.read_text("WHEEL") or "", re.MULTILINE)
    kinds = [sorted({tag.split("-")[at] for tag in tags}) for at in range(3)]
    stem = f"{re.sub(r'[-_.]+', '_', package.name)}-{package.version}"
    files = {str(file): Path(str(file.locate())) for file in package.files or () if _belongs(str(file))}
    [record] = [name for name in files if name.endswith(".dist-info/RECORD")]
    lines = []
    with zipfile.ZipFile(folder / f"{stem}-{'-'.join('.'.join(kind) for kind in kinds)}.whl", "w") as wheel:
        for name, path in files.items():
            if name != record and path.is_file():
                content = path.read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                lines.append(f'"{name}",sha256={digest},{len(content)}')
                wheel.writestr(name, content)
        wheel.writestr(record, "\n".join([*lines, f"{record},,"]))


def _belongs(name: str) -> bool:
    """Tell whether an installed file was in the wheel: scripts, caches and notes of the installer were not."""
    notes = ("INSTALLER", "REQUESTED", "direct_url.json")
    return not (name.startswith("..") or "__pycache__" in name or Path(name).name in notes)
