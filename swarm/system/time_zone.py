"""Tells whether the environment names a known time zone: C libraries take an unknown one for UTC in silence."""

import os
import re
import time
from pathlib import Path
from zoneinfo import ZoneInfo

BY_RULE = re.compile(r"(<[+\w-]+>|[A-Za-z]{3,})[+-]?\d")  # "CET-1CEST" says all that there is to know
ALWAYS = ("", "UTC", "GMT")


def unknown_zone() -> str:
    """Return what the variable TZ says if no such time zone is known here; else ""."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named in ALWAYS or BY_RULE.match(named) or not hasattr(time, "tzset"):  # Windows has a time zone of its own
        return ""
    try:
        if named.startswith("/"):
            with Path(named).open("rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(named)
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return named
    return ""
