from pathlib import Path

from swarm.system.disk import Scratch


def test_folders_of_dead_processes_are_removed_with_or_without_their_lock(tmp_path: Path) -> None:
    alive = Scratch(tmp_path)
    (alive.folder / "file").write_bytes(b"in use")
    for name in ("0dead", "1copied"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"left")
    (tmp_path / "0dead.lock").touch()
    Scratch(tmp_path).remove_scratch()
    assert {path.name for path in tmp_path.iterdir()} - {"guard"} == {alive.folder.name, f"{alive.folder.name}.lock"}
    assert (alive.folder / "file").read_bytes() == b"in use"
    alive.remove_scratch()
