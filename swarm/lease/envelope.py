"""The base of every message."""

from msgspec import Struct


class Message(Struct, frozen=True, tag_field="type", omit_defaults=True):
    """One message; its type is its class name."""
