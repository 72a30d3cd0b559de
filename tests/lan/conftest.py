from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from host import Host, swarm_of
from lan import require_lan

Swarm = Callable[..., dict[str, Host]]


@pytest.fixture
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    """Return a function that makes a network of machines of one swarm; the network ends with the test."""
    require_lan()
    with ExitStack() as stack:
        yield lambda *names: stack.enter_context(swarm_of(tmp_path, *names))
