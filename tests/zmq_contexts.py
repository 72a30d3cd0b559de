"""Keeps ZeroMQ contexts until they are closed, since Python waits without end for the sockets of one that it collects.

A test that fails may leave a context and its sockets in a circle. Its process would hang in the next collection.
"""

from typing import Any

import zmq

AnyContext = zmq.Context[Any]


def keep_open_contexts() -> None:
    """Have each context live until it is closed, or until the process ends."""
    begin, kept = zmq.Context.__init__, set[AnyContext]()

    def begin_and_keep(context: AnyContext, *args: Any, **options: Any) -> None:
        begin(context, *args, **options)
        kept.difference_update([other for other in kept if other.closed])
        kept.add(context)

    zmq.Context.__init__ = begin_and_keep  # type: ignore[method-assign]
