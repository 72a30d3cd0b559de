"""How whatever runs here tells its user something: one line at a time."""

from collections.abc import Callable

Say = Callable[[str], None]
