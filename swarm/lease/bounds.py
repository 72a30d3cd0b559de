"""Bounds of the values that messages carry."""

from typing import Annotated

from msgspec import Meta

from swarm.job.job_file import MAX_BYTES, Digest

MAX_CLIP_BYTES = 8 * 1024 * 1024
MAX_MODELS = 500  # models that one engine may name in a greeting
MAX_CAST = 64  # voices of characters that a worker is told
MAX_BATCH = 64  # segments that one slot speaks together
MAX_FACTS = 20_000  # bytes of the cards of one engine, in a greeting
MAX_HELD_FILES = 400  # a control message has room for no more digests

Name = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(max_length=20_000)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Offset = Annotated[int, Meta(ge=0, le=MAX_BYTES)]
HeldFiles = Annotated[tuple[Digest, ...], Meta(max_length=MAX_HELD_FILES)]  # whole and verified
Clips = Annotated[tuple[tuple[Count, Count, Key], ...], Meta(max_length=1000)]  # chapter, index, key: a text may recur
