"""The list of the reading corpus: which e-books of public repositories it has, and a check of a folder of them.

No book lies here and none is fetched: `corpus_books.py take MIRRORS FOLDER` takes the books out of git directories that
somebody cloned (`MIRRORS/owner+name`), and `corpus_books.py check FOLDER` compares `FOLDER/owner+name/book.epub` with
the list.
"""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from corpus_blocks import HERE, fold

from swarm.book.page.markup import words

LIST = HERE / "corpus.tsv"
KEPT = words("xhtml html htm xht xml opf ncx css smil pls svg")  # pictures and sound are not needed
MAX_FILE_BYTES = 3_000_000
CONTAINER = (
    '<?xml version="1.0"?>\n<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="{}" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)


class Listed(NamedTuple):
    """A book of the list."""

    name: str
    repository: str
    commit: str
    path: str  # of the file, or of the folder that is the book unpacked
    kind: str  # blob or tree
    sha256: str
    maker: str
    language: str
    genre: str

    @property
    def fold(self) -> int:
        return fold(self.repository)

    def file(self, folder: Path) -> Path:
        return folder / self.repository.replace("/", "+") / f"{self.name}.epub"

    def marks(self) -> Path:
        return HERE / "corpus" / f"{self.name}.tsv"


def listed() -> list[Listed]:
    """Return the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()[1:]
    return [Listed(*line.split("\t")) for line in lines]


def is_open(repository: str) -> bool:
    """Tell whether an origin may be used here: those whose digest begins with an odd byte are kept for judging."""
    return hashlib.sha256(repository.encode()).digest()[0] % 2 == 0


def wrong(book: Listed, folder: Path) -> str:
    """Return why a book of a folder is not that of the list, "" if it is."""
    file = book.file(folder)
    if not file.is_file():
        return f"{file} is missing"
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    return "" if found == book.sha256 else f"{file} has the SHA-256 {found}, the list says {book.sha256}"


def take(book: Listed, mirrors: Path) -> bytes:
    """Take a book out of a git directory; a folder becomes a zip file that has the same bytes everywhere."""
    top = mirrors / book.repository.replace("/", "+")
    git = next(path for path in (top / "repo" / ".git", top / "repo", top / ".git", top) if (path / "HEAD").is_file())
    if book.kind == "blob":
        return _git(git, "cat-file", "blob", f"{book.commit}:{book.path}")
    return _packed(git, book)


def _git(git: Path, *words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", "--git-dir", git, *words], input=given, capture_output=True, check=True).stdout


def _packed(git: Path, book: Listed) -> bytes:
    prefix = f"{book.path}/" if book.path else ""
    listing = _git(git, "ls-tree", "-r", "-l", "-z", book.commit, *(["--", prefix] if prefix else [])).decode()
    blobs = {}
    for line in filter(None, listing.split("\0")):
        told, name = line.split("\t", 1)
        _, kind, blob, size = told.split()
        name = name.removeprefix(prefix)
        if kind == "blob" and _is_kept(name) and size.isdigit() and int(size) <= MAX_FILE_BYTES:
            blobs[name] = blob
    answer = io.BytesIO(
        _git(git, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs.values()).encode())
    )
    files = {}
    for name in blobs:
        files[name] = answer.read(int(answer.readline().split()[2]))
        answer.read(1)
    return _zipped(files)


def _is_kept(name: str) -> bool:
    return (name == "mimetype" or name.lower().rpartition(".")[2] in KEPT) and not name.startswith(".git")


def _zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as book:

        def put(name: str, data: bytes) -> None:
            line = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            line.external_attr = 0o644 << 16
            book.writestr(line, data)

        put("mimetype", b"application/epub+zip")
        if "meta-inf/container.xml" not in {name.lower() for name in files}:
            packages = [name for name in files if name.lower().endswith(".opf")]
            put("META-INF/container.xml", CONTAINER.format(min(packages, key=lambda name: name.count("/"))).encode())
        for name in sorted(files):
            if name != "mimetype":
                put(name, files[name])
    return made.getvalue()


def main(words: list[str]) -> int:
    """Run `check FOLDER` or `take MIRRORS FOLDER`; return how many books are wrong."""
    folder = Path(words[-1])
    faults = []
    for book in listed():
        if words[0] == "take" and not book.file(folder).is_file():
            try:
                data = take(book, Path(words[1]))
            except (StopIteration, subprocess.CalledProcessError, ValueError, IndexError):
                faults.append(f"{book.repository} is not among the git directories, or lacks {book.commit}")
                continue
            book.file(folder).parent.mkdir(parents=True, exist_ok=True)
            book.file(folder).write_bytes(data)
        faults += filter(None, [wrong(book, folder)])
    print(*faults, f"{len(listed()) - len(faults)} of {len(listed())} books are right", sep="\n")
    return len(faults)


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
