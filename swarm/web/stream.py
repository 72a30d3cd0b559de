"""Answers that do not end: events, compressed for clients that take that."""

import zlib
from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import StreamingResponse

LEVEL = 3  # markup shrinks to a tenth at this level, at little of the processor
GZIP, WINDOW = 16, 13  # bits; 8 KiB of what was sent are remembered, since a hundred streams may be open
MEMORY = 5


def event_stream(
    request: Request, events: AsyncIterator[bytes], headers: Mapping[str, str] | None = None
) -> StreamingResponse:
    """Return server-sent events as an answer; each arrives whole as soon as it is there."""
    told = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", **(headers or {})}
    if "gzip" in request.headers.get("accept-encoding", ""):
        told["Content-Encoding"], events = "gzip", _compressed(events)
    return StreamingResponse(events, media_type="text/event-stream", headers=told)


async def _compressed(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP + WINDOW, MEMORY)
    async for event in events:
        yield press.compress(event) + press.flush(zlib.Z_SYNC_FLUSH)
