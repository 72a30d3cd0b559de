"""Workers on the hosts of a file, started by ssh at once; hosts where that fails are named."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import ports
import pytest
from evidence import assert_complete, only, report_of
from household import CLI, QUICK, Machine, wait_for

WORK = CLI.parent / "examples" / "ssh" / "work.sh"
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
SetEnv {variables}
"""

pytestmark = [
    pytest.mark.skipif(not SSHD or not shutil.which("ssh"), reason="needs Debian's openssh-server and openssh-client"),
    pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root's sshd opens terminals"),
]


@pytest.fixture
def hosts(tmp_path: Path, lan: Callable[[str], Machine]) -> Iterator[Callable[[], Path]]:
    """Return a function that runs an sshd for a machine of the swarm, and returns the options of its clients."""
    daemons: list[subprocess.Popen[bytes]] = []
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)

    def start() -> Path:
        node = lan("node")
        program = node.desk / "e2a-swarm"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CLI}" "$@"\n')
        program.chmod(0o755)
        env = node.environment()
        variables = f"E2A_SWARM_HOME={node.home} E2A_SWARM_BIND=127.0.0.1 PATH={node.desk}:{env['PATH']}"
        port, closed = ports.free_port(), ports.free_port()
        (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder, variables=variables))
        assert SSHD
        Path("/run/sshd").mkdir(exist_ok=True)
        daemons.append(subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.DEVNULL))
        client = [f"IdentityFile {folder}/user", "StrictHostKeyChecking no", f"UserKnownHostsFile {folder}/known"]
        lines = [f"Host {name}\n HostName 127.0.0.1\n Port {port}" for name in ("shed", "attic")]
        lines += [f"Host gone\n HostName 127.0.0.1\n Port {closed}", "Host *", *(f" {each}" for each in client)]
        (folder / "config").write_text("\n".join(lines) + "\n")
        return folder / "config"

    yield start
    for daemon in daemons:
        daemon.terminate()
        daemon.wait(20)


@pytest.mark.slow
def test_each_host_of_a_file_works_and_one_that_cannot_be_reached_is_named(
    hosts: Callable[[], Path], lan: Callable[[str], Machine], small_book: Path, tmp_path: Path
) -> None:
    laptop = lan("laptop")
    config = hosts()
    coordinator = laptop.start("coordinate", small_book, *QUICK, "cost_per_char=0.01", "--min-workers", "2")
    listed = tmp_path / "hosts.txt"
    listed.write_text("# of the house\nshed\nattic  # upstairs\n\ngone\n")
    words = ["bash", WORK, listed, f"127.0.0.1:{coordinator.port}", "--cpu", "--slots", "1"]
    env = laptop.environment(SSH_OPTIONS=f"-F {config}")
    said = tmp_path / "said.txt"
    with said.open("wb") as file:
        working = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        coordinator.ends()
        wait_for(lambda: working.poll() is not None, "the end of all workers")
    finally:
        working.kill()
    text = said.read_text()
    assert working.returncode == 1, text
    assert "it failed on 1 of 3 hosts: gone" in text
    assert "shed: speaking" in text and "attic: speaking" in text
    report = report_of(only(laptop.desk, "*.m4b"))
    assert {worker["name"] for worker in report["workers"]} == {"shed", "attic"}
    assert_complete(report)
