"""Prepares what compose.yaml mounts, as root before each start: the key of the swarm, and folders to write to.

`python prepare.py`, in the image. `OWNER` is the user and group of the other containers, such as 1000:1000, and `ALSO`
names further folders that belong to them.
"""

import os
import subprocess
import sys
from pathlib import Path

KEY = Path("/key/e2a-swarm.key")
VOLUMES = ("/key", "/models", "/state")
FOLDERS = ("/books", "/audiobooks")  # of the host, where they may hold files of somebody else


def make_key() -> int:
    """Write the key of the swarm, unless it is there; return the exit code of the command that makes it."""
    if KEY.exists() and KEY.read_bytes().strip():
        return 0
    made = subprocess.run(["e2a-swarm", "key", "--make", "--code"], stdout=subprocess.PIPE)
    if made.returncode == 0:
        KEY.write_bytes(made.stdout)
    return made.returncode


def give_away(owner: str, also: str) -> None:
    """Give the volumes to the user of the other containers, and folders of the host that are empty."""
    user, _, group = owner.partition(":")
    ids = int(user), int(group or user)
    for volume in (*VOLUMES, *also.split()):
        for folder, _, files in os.walk(volume):
            for path in (folder, *(Path(folder, file) for file in files)):
                os.chown(path, *ids, follow_symlinks=False)
    for name in FOLDERS:
        if not any(Path(name).iterdir()):
            os.chown(name, *ids)


def main() -> int:
    """Prepare all of it; return the exit code."""
    os.umask(0o077)
    code = make_key()
    give_away(os.environ["OWNER"], os.environ.get("ALSO", ""))
    return code


if __name__ == "__main__":
    sys.exit(main())
