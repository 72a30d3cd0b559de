from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from host import Host, swarm_of
from lan import require_lan

Swarm = Callable[..., dict[str, Host]]


@pytest.fixture
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    """Makes a network of machines that joined one swarm; gone with what they ran when the test ends."""
    require_lan()
    with ExitStack() as stack:
        yield lambda *names: stack.enter_context(swarm_of(tmp_path, *names))
