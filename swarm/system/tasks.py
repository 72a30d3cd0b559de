"""Ends tasks of an event loop."""

import asyncio
from collections.abc import Sequence
from typing import Any


async def cancel(tasks: "Sequence[asyncio.Future[Any]]") -> None:
    """Cancel tasks, and return when all have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
