"""The settings of a house are what options are unless the user says otherwise."""

import os
from pathlib import Path

import pytest

from swarm.commands.doctor import check_settings
from swarm.commands.house_settings import FILE_NAME
from swarm.commands.main import parse
from swarm.errors import UsageError


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    return tmp_path / FILE_NAME


def test_what_is_said_goes_before_the_settings_and_these_before_the_defaults(house: Path) -> None:
    house.write_text('[books]\noutput-format = "mp3"\nspeed = 1.2\nallow-sleep = true\ntag = ["genre=Novel"]\n')
    found = parse(["convert", "b.epub", "--speed", "1", "--tag", "year=1815"])
    assert (found.output_format, found.speed, found.allow_sleep) == ("mp3", "1", True)
    assert found.tag == ["genre=Novel", "year=1815"]
    assert parse(["coordinate", "b.epub"]).tag == ["genre=Novel"]


def test_a_command_has_a_section_of_its_own(house: Path) -> None:
    house.write_text('[books]\nvoice = "emma"\n[serve]\nvoice = "heart"\nport = 5900\n[work]\ntag = "spot"\n')
    assert (parse(["serve"]).voice, parse(["serve"]).port) == ("heart", "5900")
    assert (parse(["convert", "b.epub"]).voice, parse(["convert", "b.epub"]).tag) == ("emma", [])
    assert parse(["work"]).tag == "spot"
    assert parse(["jobs"]).state_dir == ""


def test_what_means_nothing_to_a_command_is_left_out_there(house: Path) -> None:
    house.write_text('[books]\nsplit = "6h"\nmodels-dir = "/models"\nport = 5900\n')
    assert (parse(["preview", "b.epub"]).split, parse(["preview", "b.epub"]).models_dir) == ("", "/models")
    assert parse(["add", "b.epub"]).split == "6h"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('[books]\nvoise = "emma"', "has no option voise \\(did you mean voice"),
        ('voice = "emma"', "voice is no section"),
        ('[jobs]\nolder = "3d"', "jobs is no section"),
        ("[books]\nalt-text = 1", "alt-text takes true or false, not 1"),
        ('[books]\ntag = "genre=Novel"', "tag takes a list of words"),
        ("[books]\nspeed = true", "speed takes a word or a number"),
        ('[books]\nstate-dir = "/x"', "has no option state-dir"),
        ("[books", "is no TOML file"),
        (f"a = {'[' * 5000}", "is no TOML file"),
        ("#" * (2 << 20), "too large"),
    ],
)
def test_what_the_file_cannot_mean_is_refused(house: Path, text: str, answer: str) -> None:
    house.write_text(text)
    with pytest.raises(UsageError, match=answer):
        parse(["convert", "b.epub"])
    assert check_settings(house.parent).verdict == "fail"


def test_the_doctor_names_the_file(house: Path) -> None:
    assert check_settings(house.parent).text == f"none in {house}"
    house.write_text("[books]\nalt-text = true\n")
    assert check_settings(house.parent).text == f"1 option in {house}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_no_settings_file(house: Path) -> None:
    os.mkfifo(house)
    with pytest.raises(UsageError, match="is no settings file"):
        parse(["convert", "b.epub"])
