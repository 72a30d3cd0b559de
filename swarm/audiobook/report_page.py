"""The report as an HTML page: it plays the whole book, and says for each sentence how to mend it. Pure."""

import base64
import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any
from urllib.parse import quote

import msgspec

from swarm.system.text import clock_text, count_text, duration_text
from swarm.watch.words import guest_words

Row = dict[str, Any]

MAX_ROWS = 1000  # a longer list of what is missing or doubtful would be of no use
MAX_SENTENCES = 200_000  # sentences of the whole book
LEAD_S = 1.0  # playing begins so long before the sentence
STYLE, SCRIPT = ((files("swarm.audiobook") / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
SCRIPT_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY = f"default-src 'none'; media-src 'self' file:; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'"


class PageSentence(msgspec.Struct, frozen=True, gc=False):
    """What the page needs of a sentence's row in the report."""

    chapter: int
    id: str
    text: str
    file: str
    at_s: float | None
    speaker: str = ""


def report_page(report: Row, sound: Sequence[str] = ()) -> str:
    """Return an HTML document to lie beside the audiobook; `sound` names its files as seen from there.

    The document loads only the sound, and its own script is the only one that browsers run in it.
    """
    book, totals = report["book"], report["totals"]
    title, spoken_in = escape(book["title"]), _lang(report)
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: report</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head><body><main>',
        f"<h1{spoken_in}>{title}</h1><p>{escape(', '.join(book['authors']))}</p>",
        f"<p>{totals['spoken']} of {count_text(totals['segments'], 'sentence')} spoken, "
        f"{duration_text(totals['duration_s'] or totals['audio_s'])} of sound.</p>",
        *(f"<p>{escape(line)}.</p>" for line in _notes(report)),
        _section("Missing", report["missing"], spoken_in),
        _section("Doubtful", report["doubtful"], spoken_in),
        _section("Left out, for this voice cannot speak it", report["unspoken"], spoken_in),
    ]
    if not book["lost"] and not any(report[name] for name in ("missing", "doubtful", "unspoken")):
        parts.append("<p>Nothing is missing, nothing is doubtful.</p>")
    parts += [_cast(report.get("cast", ())), *(_whole_book(report, sound) if sound else ())]
    return "\n".join(part for part in parts if part) + "\n</main></body></html>\n"


def _notes(report: Row) -> list[str]:
    """Return what else a listener may want to know, as sentences without their full stops."""
    book, guests = report["book"], guest_words(report.get("guests", ()))
    return [*book.get("cautions", ()), *book["lost"], *([guests[0].upper() + guests[1:]] if guests else [])]


def _lang(report: Row) -> str:
    """Return the attribute that tells screen readers the language of the book's words; "" if it is unknown."""
    language = str(report["book"].get("language") or "")
    return f' lang="{escape(language)}"' if language else ""


def _section(heading: str, rows: list[Row], lang: str) -> str:
    if not rows:
        return ""
    items = "\n".join(_item(row, lang) for row in rows[:MAX_ROWS])
    more = f"<p>and {len(rows) - MAX_ROWS} more, in the JSON report</p>" if len(rows) > MAX_ROWS else ""
    return f"<h2>{heading} ({len(rows)})</h2>\n<ol>\n{items}\n</ol>{more}"


def _item(row: Row, lang: str) -> str:
    name = f"{row['id']}, {row['title']}" if "id" in row else row["title"]
    where = f" at {clock_text(row['at_s'])}" if row.get("at_s") is not None else ""
    return (
        f"<li><strong>{escape(name)}</strong>{where} <small>{escape(row['reason'])}</small>"
        f"<blockquote{lang}>{escape(row['text'])}</blockquote>{_player(row)}</li>"
    )


def _player(row: Row) -> str:
    if row.get("at_s") is None:
        return ""
    start_s, end_s = max(0.0, row["at_s"] - LEAD_S), row["end_s"] + LEAD_S
    label = f'aria-label="{escape(row["text"])}"'
    return f'<audio controls preload="none" {label} src="{quote(row["file"])}#t={start_s:.2f},{end_s:.2f}"></audio>'


def _cast(rows: Sequence[Row]) -> str:
    """Return who speaks with which voice, and which sentences the user gave to whom."""
    items = []
    for row in rows[:MAX_ROWS]:
        given = ", ".join(row["given"][:MAX_ROWS])
        by_hand = f" <small>given by hand: {given}</small>" if given else ""
        voice, count = row["voice"] or "the narrator’s voice", count_text(row["sentences"], "sentence")
        items.append(f"<li><strong>{escape(row['name'])}</strong>: {count}, by {escape(voice)}{by_hand}</li>")
    return "\n".join(["<h2>Who speaks</h2>", "<ul>", *items, "</ul>"]) if items else ""


def _whole_book(report: Row, sound: Sequence[str]) -> Iterator[str]:
    """Yield a player of the whole book, and its sentences by chapter."""
    addresses = [quote(name) for name in sound]
    begin = f"e2a-swarm redo {in_quotes(sound[0])} --segments "
    yield "<h2>The whole book</h2>"
    yield (
        "<p>Click a sentence to hear it. To have it spoken again, run the command that is shown then, in this folder; "
        "with <code>--say</code> and other words in quotes it says those.</p>"
    )
    yield (
        f'<div id="bar"><audio controls preload="none" aria-label="The whole book" src="{addresses[0]}" '
        f'data-files="{escape(json.dumps(addresses))}"></audio><code data-begin="{escape(begin)}"></code></div>'
    )
    sentences = msgspec.json.decode(msgspec.json.encode(report["segments"]), type=list[PageSentence])
    titles = {row["chapter"]: row["title"] for row in report["chapters"]}
    numbers = {name: number for number, name in enumerate(sound)}
    for chapter, group in groupby(sentences[:MAX_SENTENCES], key=lambda sentence: sentence.chapter):
        yield f"<details{_lang(report)}><summary>{chapter}. {escape(titles[chapter])}</summary>"
        yield from _sentences(group, numbers)
        yield "</details>"
    if len(sentences) > MAX_SENTENCES:
        yield f"<p>and {len(sentences) - MAX_SENTENCES} sentences more, in the JSON report</p>"
    yield f"<script>{SCRIPT}</script>"


def _sentences(rows: Iterable[PageSentence], numbers: dict[str, int]) -> Iterator[str]:
    for row in rows:
        if row.at_s is not None and row.file in numbers:
            text = escape(row.text)
            text = f"<span><small>{escape(row.speaker)}:</small> {text}</span>" if row.speaker else text
            yield (
                f'<p id="s{row.id}" data-f="{numbers[row.file]}" data-t="{row.at_s:.2f}">'
                f"<button>{row.id}</button> {text}</p>"
            )


def in_quotes(name: str) -> str:
    """Return a file name as one word for the shells of all systems, as far as that can be."""
    return shlex.quote(name) if any(sign in name for sign in '"$`\\!') else f'"{name}"'
