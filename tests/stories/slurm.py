"""A Slurm cluster of several nodes on this one machine: munged, slurmctld and slurmd as Debian packages them."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import ports
import pytest
from household import await_that

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "sinfo", "scancel")
CONFIG = """
ClusterName=house
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
KillWait=5
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus}"


class Slurm:
    """A running cluster, asked with Slurm's own commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf")}

    def tell(self, *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
        """Run one of Slurm's commands; return what it says."""
        everything = {**(env or os.environ), **self.environment}
        done = subprocess.run(
            [*map(str, words)], env=everything, cwd=cwd, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def jobs(self) -> dict[str, tuple[str, str]]:
        """Return the state and the node of each task of an array, by its number in the array."""
        rows = self.tell("squeue", "--array", "--noheader", "--states=all", "--format=%K %T %N").splitlines()
        found = (row.split() for row in rows)
        return {number: (state, node[0] if node else "") for number, state, *node in found}


@contextmanager
def cluster(folder: Path, nodes: Mapping[str, int]) -> Iterator[Slurm]:
    """Run a cluster of nodes, each with a number of cores; it ends with the block."""
    folder.mkdir()
    slurm = Slurm(folder)
    _configure(folder, nodes)
    with ExitStack() as stack:
        daemons = [
            ["munged", "--foreground", "--force", *_munge_options(folder)],
            ["slurmctld", "-D"],
            *(["slurmd", "-D", "-N", name] for name in nodes),
        ]
        for words in daemons:
            stack.callback(_end, _start(slurm, words))
        await_that(lambda: _is_up(slurm, len(nodes)), "all nodes of the cluster")
        yield slurm


def require_slurm() -> None:
    """Skip a test where Slurm cannot run."""
    lacking = [program for program in PROGRAMS if not shutil.which(program)]
    if os.name != "posix" or os.geteuid() or lacking:
        pytest.skip(f"needs root and Debian's slurmctld, slurmd, slurm-client and munge; missing: {lacking}")


def _configure(folder: Path, nodes: Mapping[str, int]) -> None:
    host = socket.gethostname().partition(".")[0]
    lines = [CONFIG.format(host=host, port=ports.free_port(), folder=folder)]
    for name, cpus in nodes.items():
        lines.append(NODE.format(name=name, host=host, port=ports.free_port(), cpus=cpus))
    lines.append(f"PartitionName=all Nodes={','.join(nodes)} Default=YES MaxTime=INFINITE State=UP")
    (folder / "slurm.conf").write_text("\n".join(lines) + "\n")
    (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    (folder / "state").mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))


def _munge_options(folder: Path) -> list[str]:
    files = {"key-file": "key", "socket": "sock", "pid-file": "pid", "seed-file": "seed", "log-file": "log"}
    return [f"--{option}={folder}/munge.{ending}" for option, ending in files.items()]


def _start(slurm: Slurm, words: list[str]) -> "subprocess.Popen[bytes]":
    everything = {**os.environ, **slurm.environment}
    with (slurm.folder / "daemons.log").open("ab") as log:
        return subprocess.Popen(words, env=everything, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _end(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.terminate()
    try:
        daemon.wait(20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _is_up(slurm: Slurm, nodes: int) -> bool:
    asked = subprocess.run(
        ["sinfo", "--noheader", "--states=idle", "--format=%D"],
        env={**os.environ, **slurm.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.split() == [str(nodes)]
