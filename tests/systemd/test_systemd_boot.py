"""The units on a real systemd: up when the program says so, restarted when it is killed, drained when it is stopped."""

import shutil
import uuid
from collections.abc import Iterator

import pytest
from booted import Booted, require_boot
from household import await_that
from library import CHAPTERS, write_book

UNIT = "e2a-swarm-work@cpu.service"
# The key as docs/systemd.md lays it; a book that takes minutes; no waiting for what is tried here anyway.
PREPARE = """
export E2A_SWARM_HOME=/var/laptop PATH=$PATH:/opt/e2a-swarm/bin
install -d -m 700 /etc/credstore
install -d /etc/e2a-swarm /etc/systemd/system/e2a-swarm-work@.service.d
e2a-swarm key --make --code > /etc/credstore/e2a-swarm.key
chmod 600 /etc/credstore/e2a-swarm.key
printf 'E2A_SWARM_COORDINATOR=127.0.0.1:5900\\nE2A_SWARM_OPTIONS=--slots 1 --priority normal\\n' \
  > /etc/e2a-swarm/work.env
printf '[Service]\\nRestartSec=1\\n' > /etc/systemd/system/e2a-swarm-work@.service.d/impatient.conf
systemctl daemon-reload
systemd-run --quiet --unit laptop --setenv E2A_SWARM_HOME --working-directory /desk \
  /opt/e2a-swarm/bin/e2a-swarm coordinate book.epub --bind 127.0.0.1 --port 5900 --no-advertise \
  --tts-engine metronome --engine-option seconds_per_char=0.005 --engine-option cost_per_char=0.1
"""

# Somebody who works there, and is logged out.
MOVE_IN = """
useradd --create-home kim
loginctl enable-linger kim
cd ~kim
mkdir -p Books .local/bin .config/e2a-swarm
cp /desk/book.epub Books
ln -s /opt/e2a-swarm/bin/e2a-swarm .local/bin/e2a-swarm
printf 'E2A_SWARM_COORDINATOR=127.0.0.1:5901\nE2A_SWARM_OPTIONS=--priority normal\n' > .config/e2a-swarm/work.env
echo "E2A_SWARM_OPTIONS=--tts-engine metronome --engine-option seconds_per_char=0.005 \
  --engine-option cost_per_char=0.0001 --port 5901" > .config/e2a-swarm/coordinate.env
chown -R kim: .
"""

# A second user, whose systemd may not make namespaces.
MOVE_IN_WITHOUT_NAMESPACES = """
useradd --create-home sam
mkdir -p /etc/systemd/system/user@$(id -u sam).service.d
printf '[Service]\\nRestrictNamespaces=yes\\n' > /etc/systemd/system/user@$(id -u sam).service.d/strict.conf
systemctl daemon-reload
loginctl enable-linger sam
cd ~sam
mkdir -p Books .local/bin
ln -s /opt/e2a-swarm/bin/e2a-swarm .local/bin/e2a-swarm
chown -R sam: .
"""
# A folder for a coordinator of the system, which has the key of the worker, and an upgrade of that.
NAS = """
groupadd --system audiobooks
install -d -m 2775 -g audiobooks /srv/audiobooks
install -d /srv/books
cp /desk/book.epub /srv/books
echo "E2A_SWARM_OPTIONS=--tts-engine metronome --engine-option seconds_per_char=0.005 \
  --engine-option cost_per_char=0.0001 --bind 127.0.0.1 --port 5902 --no-advertise" > /etc/e2a-swarm/coordinate.env
echo E2A_SWARM_COORDINATOR=127.0.0.1:5902 > /etc/e2a-swarm/work.env
"""
AS_KIM = (
    "cd ~kim; setpriv --reuid kim --regid kim --init-groups env HOME=$(pwd) XDG_RUNTIME_DIR=/run/user/$(id -u kim) "
)
COORDINATOR = "e2a-swarm-coordinate"

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    require_boot()
    folder = tmp_path_factory.mktemp("systemd")
    machine = Booted(f"e2a-{uuid.uuid4().hex[:8]}", folder)
    try:
        machine.wait()
        shutil.copy(write_book(folder, CHAPTERS), machine.desk / "book.epub")
        yield machine
    finally:
        machine.close()


@pytest.fixture(autouse=True)
def journal(booted: Booted) -> Iterator[None]:
    """Print what the machine said last; pytest shows it for a test that fails."""
    yield
    print(booted.run("journalctl", "--no-pager", "--lines", "80", check=False))


def test_a_worker_is_a_good_service(booted: Booted) -> None:
    booted.shell(PREPARE)

    booted.run("systemctl", "start", UNIT)  # waits for READY=1
    assert booted.shows(UNIT, "ActiveState") == "active"
    await_that(lambda: "speaking The Lamp" in booted.shows(UNIT, "StatusText"), what="its status")
    assert booted.shows(UNIT, "UID") not in ("0", "[not set]")

    first = booted.shows(UNIT, "MainPID")
    booted.run("kill", "-KILL", first)
    await_that(lambda: booted.shows(UNIT, "NRestarts") == "1", what="its restart")
    await_that(lambda: booted.shows(UNIT, "ActiveState") == "active", what="a second READY=1")
    assert booted.shows(UNIT, "MainPID") not in ("0", first)
    await_that(lambda: "speaking The Lamp" in booted.shows(UNIT, "StatusText"), what="its second status")

    booted.run("systemctl", "stop", UNIT)
    assert booted.shows(UNIT, "ActiveState") == "inactive"
    assert booted.shows(UNIT, "Result") == "success"
    said = booted.run("journalctl", "--output=cat", "--unit", UNIT)
    assert "finishing the sentences under way" in said
    assert "SIGKILL" not in said.partition("finishing the sentences under way")[2]
    await_that(lambda: " left" in booted.run("journalctl", "--output=cat", "--unit", "laptop"), what="its farewell")


def test_a_worker_takes_the_key_when_it_comes(booted: Booted) -> None:
    booted.shell("install -d -m 700 /var/lib/kept; mv /etc/credstore/e2a-swarm.key /var/lib/kept")
    booted.run("systemctl", "start", UNIT)
    await_that(lambda: "/etc/credstore/e2a-swarm.key" in booted.shows(UNIT, "StatusText"), what="where to put the key")
    booted.shell("install -m 600 /var/lib/kept/e2a-swarm.key /etc/credstore")
    await_that(lambda: "speaking" in booted.shows(UNIT, "StatusText"), what="its work")


def test_a_worker_is_upgraded_while_it_speaks(booted: Booted) -> None:
    booted.shell(
        "cp -r /opt/checkout/swarm /opt/checkout/cli.py /var/opt; echo CHECKOUT=/var/opt >> /etc/e2a-swarm/work.env"
    )
    booted.run("systemctl", "restart", UNIT)
    await_that(lambda: "speaking" in booted.shows(UNIT, "StatusText"), what="its work")
    started = int(booted.shows(UNIT, "NRestarts"))
    booted.shell("touch /var/opt/swarm/errors.py; pkill -KILL -f [s]warm.voice.host.engine_child")
    await_that(lambda: int(booted.shows(UNIT, "NRestarts")) > started, what="its restart")
    await_that(lambda: "speaking" in booted.shows(UNIT, "StatusText"), what="its work after the upgrade")
    said = booted.run("journalctl", "--output=cat", "--unit", UNIT)
    assert "Failed with result" not in said.partition("was upgraded")[2]
    assert "was upgraded" in said


def test_a_coordinator_of_the_system_needs_no_user(booted: Booted) -> None:
    booted.run("systemctl", "stop", "laptop", check=False)  # an earlier test started it, and it may have ended
    booted.shell(NAS)
    booted.run("systemctl", "restart", UNIT)
    booted.run("systemctl", "enable", "--now", f"{COORDINATOR}.timer")
    await_that(lambda: booted.shell("ls /srv/audiobooks | grep 'm4b$' || true"), what="the audiobook")
    await_that(lambda: booted.shows(COORDINATOR, "ActiveState") == "inactive", what="the coordinator's end")
    assert booted.shows(COORDINATOR, "Result") == "success"
    assert booted.shell("stat --format '%G %a' /srv/audiobooks/*.m4b").strip() == "audiobooks 640"
    booted.shell("rm /srv/books/*; touch /srv/books/notes.txt")
    booted.run("systemctl", "start", COORDINATOR, check=False)
    said = booted.run("journalctl", "--output=cat", "--unit", COORDINATOR)
    assert "holds no EPUB file" in said
    assert booted.shows(COORDINATOR, "Result") == "success"


def test_a_folder_of_books_becomes_audiobooks_while_its_owner_is_away(booted: Booted) -> None:
    booted.shell(MOVE_IN)
    await_that(lambda: booted.shell("test -S /run/user/$(id -u kim)/systemd/private && echo up || true"))
    booted.shell(f"{AS_KIM} .local/bin/e2a-swarm key --make")
    booted.shell(f"{AS_KIM} systemctl --user enable --now e2a-swarm-work@cpu {COORDINATOR}.timer")
    await_that(lambda: booted.shell("ls ~kim/Audiobooks 2>/dev/null | grep 'm4b$' || true"), what="the audiobook")

    def state() -> str:
        return booted.shell(f"{AS_KIM} systemctl --user show {COORDINATOR} --property ActiveState,Result").strip()

    await_that(lambda: "inactive" in state(), what="the coordinator's end")
    booted.shell(f"{AS_KIM} systemctl --user start {COORDINATOR}")  # the timer would do this: nothing is left to do
    await_that(lambda: "inactive" in state(), what="its second end")
    assert "Result=success" in state()
    assert booted.shell(f"{AS_KIM} systemctl --user is-active e2a-swarm-work@cpu").strip() == "active"
    inside = "nsenter --mount --target $(pgrep -u kim -f 'cli.py work') --setuid $(id -u kim) touch"
    booted.shell(f"{inside} ~kim/.cache/here; ! {inside} ~kim/.bashrc; ! {inside} ~kim/.local/bin/e2a-swarm")


def test_a_user_without_namespaces_is_told_and_has_a_way(booted: Booted) -> None:
    booted.shell(MOVE_IN_WITHOUT_NAMESPACES)
    as_sam = AS_KIM.replace("kim", "sam")
    await_that(lambda: booted.shell("test -S /run/user/$(id -u sam)/systemd/private && echo up || true"))
    assert booted.shell(f"{as_sam} systemctl --user start e2a-swarm-work@cpu || echo refused").strip() == "refused"
    shown = booted.shell(f"{as_sam} systemctl --user show --property ExecMainStatus --value e2a-swarm-work@cpu")
    assert shown.strip() == "217"
    booted.shell(
        f"cd ~sam; install -D -m 644 -t .config/systemd/user/e2a-swarm-work@.service.d "
        f"/opt/checkout/systemd/examples/without-namespaces.conf; chown -R sam: .config; "
        f"{as_sam} systemctl --user daemon-reload; {as_sam} systemctl --user restart e2a-swarm-work@cpu"
    )
    assert booted.shell(f"{as_sam} systemctl --user is-active e2a-swarm-work@cpu").strip() == "active"


ASK_LOGIND = """
import subprocess
from swarm.worker.surroundings import LoginManager
manager = LoginManager()
print(manager.is_idle(), subprocess.run(["systemd-inhibit", "--list"], capture_output=True, text=True).stdout)
manager.let_sleep()
print(subprocess.run(["systemd-inhibit", "--list"], capture_output=True, text=True).stdout)
"""


def test_the_real_login_manager_tells_of_use_and_waits_before_it_sleeps(booted: Booted) -> None:
    (booted.desk / "ask.py").write_text(ASK_LOGIND)
    python = "LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=/opt/checkout:/opt/packages exec /opt/python/bin/python3 -B"
    told = booted.run("sh", "-c", f"{python} /desk/ask.py")
    assert told.startswith("True ")
    assert told.count("gives back what it speaks delay") == 1, told
