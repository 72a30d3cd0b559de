"""The report as an HTML page, with players for the missing and doubtful sentences. Pure."""

from html import escape
from typing import Any
from urllib.parse import quote

from swarm.watch.text import clock_text, count_text, duration_text

Row = dict[str, Any]

MAX_ROWS = 1000  # a longer page would be of no use
LEAD_S = 1.0  # heard before the sentence itself
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "blockquote{margin:.3rem 0;padding-left:1rem;border-left:3px solid #999}audio{width:100%;height:2.2rem}"
    "li{margin-bottom:1.2rem}small{color:#666}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}}"
)
POLICY = "default-src 'none'; media-src 'self' file:; style-src 'unsafe-inline'"


def report_page(report: Row) -> str:
    """Return an HTML document to lie beside the audiobook; it has no script and loads only the sound."""
    book, totals = report["book"], report["totals"]
    title = escape(book["title"])
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head><body>',
        f"<h1>{title}</h1><p>{escape(', '.join(book['authors']))}</p>",
        f"<p>{totals['spoken']} of {count_text(totals['segments'], 'sentence')} spoken, "
        f"{duration_text(totals['duration_s'] or totals['audio_s'])} of sound.</p>",
        *(f"<p>{escape(line)}.</p>" for line in book["lost"]),
        _section("Missing", report["missing"]),
        _section("Doubtful", report["doubtful"]),
        _section("Left out, for this voice cannot speak it", report["unspoken"]),
    ]
    if not book["lost"] and not any(report[name] for name in ("missing", "doubtful", "unspoken")):
        parts.append("<p>Nothing is missing, nothing is doubtful.</p>")
    return "\n".join(part for part in parts if part) + "\n</body></html>\n"


def _section(heading: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    items = "\n".join(_item(row) for row in rows[:MAX_ROWS])
    more = f"<p>and {len(rows) - MAX_ROWS} more, in the JSON report</p>" if len(rows) > MAX_ROWS else ""
    return f"<h2>{heading} ({len(rows)})</h2>\n<ol>\n{items}\n</ol>{more}"


def _item(row: Row) -> str:
    name = f"{row['id']}, {row['title']}" if "id" in row else row["title"]
    where = f" at {clock_text(row['at_s'])}" if row.get("at_s") is not None else ""
    return (
        f"<li><strong>{escape(name)}</strong>{where} <small>{escape(row['reason'])}</small>"
        f"<blockquote>{escape(row['text'])}</blockquote>{_player(row)}</li>"
    )


def _player(row: Row) -> str:
    if row.get("at_s") is None:
        return ""
    start_s, end_s = max(0.0, row["at_s"] - LEAD_S), row["end_s"] + LEAD_S
    return f'<audio controls preload="none" src="{quote(row["file"])}#t={start_s:.2f},{end_s:.2f}"></audio>'
