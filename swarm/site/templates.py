"""The templates of the page: everything in them is escaped, whatever a book or a machine is called."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from swarm.site.question import question_of
from swarm.watch.text import about_text, bytes_text, clean, clean_note, count_text, duration_text, speed_text


def make_environment() -> Environment:
    """Return the environment that renders the templates."""
    made = Environment(
        loader=PackageLoader("swarm.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {
        "about": about_text,
        "bytes": bytes_text,
        "clean": clean,
        "clean_note": clean_note,
        "count": count_text,
        "duration": duration_text,
        "speed": speed_text,
    }
    made.filters.update(filters)
    made.globals["question_of"] = question_of
    return made
