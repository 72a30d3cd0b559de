"""Makes the nav document of a book that has only an NCX."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from swarm.book.page.letters import tidy
from swarm.book.page.limits import MAX_ENTRIES, MAX_TITLE_CHARS
from swarm.book.page.markup import words

_PAGE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">\n'
    "<head><title>{title}</title></head>\n<body>\n"
    '<nav epub:type="toc" id="toc">\n<h1>{title}</h1>\n<ol>\n{lines}</ol>\n</nav>\n{more}</body>\n</html>\n'
)
_LANDMARKS = '<nav epub:type="landmarks" hidden="hidden">\n<ol>\n{lines}</ol>\n</nav>\n'
_ASIDE = '<nav hidden="hidden">\n<h2>…</h2>\n<ol>\n{lines}</ol>\n</nav>\n'
# Maps types of a guide to types of landmarks, some of which have another name.
LANDMARKS = {"text": "bodymatter", "title-page": "titlepage", "acknowledgements": "acknowledgments"}
LANDMARKS |= {name: name for name in words("cover toc index glossary bibliography colophon copyright-page dedication")}
LANDMARKS |= {name: name for name in words("epigraph foreword loi lot preface")}
Landmark = tuple[str, str, str]  # a key of LANDMARKS, title, address
Point = tuple[int, str, str]  # depth, title, address


def write_nav(points: list[Point], title: str, landmarks: list[Landmark], aside: list[str]) -> str:
    """Return a nav document; `aside` are the addresses of documents outside the reading order.

    A point that is more than one level deeper than the point before is put one level deeper.
    """
    lines: list[str] = []
    open_depth = 0
    for depth, name, address in points:
        depth = min(depth, open_depth + 1)
        if depth <= open_depth:
            lines.append("</li>\n" + "</ol>\n</li>\n" * (open_depth - depth))
        elif lines:
            lines.append("\n<ol>\n")
        lines.append(f"<li><a href={quoteattr(address)}>{escape(name)}</a>")
        open_depth = depth
    lines.append("</li>\n" + "</ol>\n</li>\n" * (open_depth - 1))
    more = _LANDMARKS.format(lines=_landmark_lines(landmarks)) if landmarks else ""
    if aside:
        links = (f"<li><a href={quoteattr(address)}>…</a></li>\n" for address in aside)
        more += _ASIDE.format(lines="".join(links))
    return _PAGE.format(title=escape(title), lines="".join(lines), more=more)


def _landmark_lines(landmarks: list[Landmark]) -> str:
    return "".join(
        f"<li><a epub:type={quoteattr(LANDMARKS[kind])} href={quoteattr(address)}>{escape(title)}</a></li>\n"
        for kind, title, address in landmarks
    )


def ncx_points(root: etree._Element) -> Iterator[Point]:
    """Yield the points of an NCX: depth from 1, title, and address relative to the NCX."""
    for count, point in enumerate(root.iterfind(".//{*}navMap//{*}navPoint")):
        text, content = point.find("{*}navLabel/{*}text"), point.find("{*}content")
        if count >= MAX_ENTRIES:
            return
        if content is not None and content.get("src"):
            depth = 1 + sum(1 for _ in point.iterancestors("{*}navPoint"))
            title = tidy("".join(text.itertext()) if text is not None else "")[:MAX_TITLE_CHARS]
            yield depth, title or "…", content.get("src")
