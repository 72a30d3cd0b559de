import json
from pathlib import Path

import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import save_key
from swarm.net.identity.membership import OtherMembership, fingerprint
from swarm.net.identity.swarm_key import make_key

KEY = make_key()


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    save_key(tmp_path, KEY)
    return Identity(tmp_path, KEY)


def test_without_a_key_it_says_how_to_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    assert main(["members"]) == EXIT_ENVIRONMENT
    assert "e2a-swarm join CODE" in capsys.readouterr().err


def test_it_says_when_no_machine_has_enrolled_yet(papers: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["members"]) == 0
    assert "enrol by themselves" in capsys.readouterr().out


def test_members_are_listed_for_people_and_for_programs(papers: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    papers.found("laptop")
    papers.admit(b"\x07" * 32, "attic")
    papers.note_seen({b"\x07" * 32})
    assert main(["members"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "since", "last", "seen", "fingerprint", "admitted", "by"]
    told = {line.split()[0]: line for line in lines[1:] if line}
    assert "this machine" in told["laptop"] and fingerprint(papers.card) in told["laptop"]
    assert " s ago" in told["attic"] and "0707070707070707" in told["attic"] and "the keeper" in told["attic"]
    assert main(["members", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["members"]
    assert {fact["name"]: fact["this_machine"] for fact in facts} == {"laptop": True, "attic": False}


def test_a_removal_names_the_new_code(papers: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    papers.found("laptop")
    papers.admit(b"\x07" * 32, "attic")
    assert main(["members", "remove", "attic"]) == 0
    papers.refresh()
    out = capsys.readouterr().out
    assert f"e2a-swarm join {papers.key.code}" in out and papers.key != KEY
    assert [member.name for member in papers.members.values()] == ["laptop"]


def test_what_cannot_be_removed_is_said_with_the_remedy(papers: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    papers.found("laptop")
    for number in (7, 8):
        papers.admit(bytes([number]) * 32, "twin")
    words = {
        "nobody": "There is no member 'nobody'",
        "twin": "0707070707070707, 0808080808080808",
        "laptop": "--rotate",
    }
    for name, said in words.items():
        assert main(["members", "remove", name]) == EXIT_USAGE
        assert said in capsys.readouterr().err
    assert main(["members", "remove", "0808080808080808"]) == 0


def test_a_list_that_another_keeper_began_is_named_and_taken_in_place_of_this_one(
    papers: Identity, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers.found("tower")
    papers.admit(b"\x07" * 32, "attic")
    (tmp_path / "laptop").mkdir()
    save_key(tmp_path / "laptop", KEY)
    other = Identity(tmp_path / "laptop", KEY)
    other.found("laptop")
    other.admit(papers.card, "tower")
    assert other.known is not None
    with pytest.raises(OtherMembership):
        papers.take(other.known)
    assert main(["members"]) == 0
    keeper = fingerprint(other.known.founding.keeper)
    assert f"`e2a-swarm members unite {keeper}` gives up the list above" in capsys.readouterr().out
    assert main(["members", "unite", "0" * 16]) == EXIT_USAGE
    assert main(["members", "unite", keeper]) == 0
    papers.refresh()
    assert {member.name for member in papers.members.values()} == {"laptop", "tower", "attic"}
    assert main(["members", "unite", keeper]) == EXIT_USAGE, "there is no other any more"


def test_a_machine_that_waits_is_named_and_let_in(papers: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    papers.found("laptop")
    papers.apply(b"\x07" * 32, "attic")
    assert main(["members"]) == 0
    line = "attic (fingerprint 0707070707070707) waits: `e2a-swarm members approve 0707070707070707` lets it in"
    assert line in capsys.readouterr().out.splitlines()
    assert main(["members", "approve", "cellar", "--coordinator", "127.0.0.1:1"]) == EXIT_ENVIRONMENT
    assert "No coordinator of this swarm answers" in capsys.readouterr().err, "it may wait at another machine"
    assert main(["members", "approve", "attic"]) == 0
    assert capsys.readouterr().out == "attic is a member now.\n"
    papers.refresh()
    assert len(papers.members) == 2 and not papers.applicants
