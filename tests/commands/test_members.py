import json
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.net.identity import membership
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import save_key
from swarm.net.identity.membership import OtherMembership, fingerprint
from swarm.net.identity.swarm_key import make_key

KEY = make_key()


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    save_key(tmp_path, KEY)
    return Identity(tmp_path, KEY)


def test_without_a_key_it_says_how_to_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    assert main(["members"]) == EXIT_ENVIRONMENT
    assert "e2a-swarm join CODE" in capsys.readouterr().err


def test_it_says_when_no_machine_has_enrolled_yet(identity: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["members"]) == 0
    assert "enrol by themselves" in capsys.readouterr().out


def test_members_are_listed_for_people_and_for_programs(identity: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    identity.membership.found("laptop")
    identity.membership.admit(b"\x07" * 32, "attic")
    identity.membership.note_seen({b"\x07" * 32})
    assert main(["members"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "since", "last", "seen", "fingerprint", "admitted", "by"]
    told = {line.split()[0]: line for line in lines[1:] if line}
    assert "this machine" in told["laptop"] and fingerprint(identity.card) in told["laptop"]
    assert " s ago" in told["attic"] and "0707070707070707" in told["attic"] and told["attic"].endswith("laptop")
    assert main(["members", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["members"]
    assert {fact["name"]: fact["this_machine"] for fact in facts} == {"laptop": True, "attic": False}


def test_a_member_is_put_out_with_those_it_admitted_by_one_command_and_one_new_code(
    identity: Identity, capsys: pytest.CaptureFixture[str]
) -> None:
    identity.membership.found("laptop")
    attic = SigningKey(b"a" * 32)
    identity.membership.admit(bytes(attic.verify_key), "attic")
    known = identity.membership.known
    assert known
    for number in range(3):
        known = membership.admit(known, bytes([number]) * 32, f"friend {number}", 9, attic)
    identity.membership.take_membership(known)
    assert main(["members", "remove", fingerprint(bytes(attic.verify_key)), "--with-those-it-admitted"]) == 0
    assert "attic is removed, with 3 machines that came in by it: friend 0 (0000000000000000), " in (
        capsys.readouterr().out
    )
    identity.refresh()
    assert [each.name for each in identity.membership.members.values()] == ["laptop"]
    assert identity.membership.known and membership.key_epoch(identity.membership.known) == 1


def test_what_cannot_be_removed_is_said_with_the_remedy(identity: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    identity.membership.found("laptop")
    for number in (7, 8):
        identity.membership.admit(bytes([number]) * 32, "twin")
    words = {
        "nobody": "There is no member 'nobody'",
        "twin": "0707070707070707, 0808080808080808",
        "laptop": "--rotate",
    }
    for name, said in words.items():
        assert main(["members", "remove", name]) == EXIT_USAGE
        assert said in capsys.readouterr().err
    assert main(["members", "remove", "0808080808080808"]) == 0


def test_a_list_that_another_owner_began_is_named_and_taken_in_place_of_this_one(
    identity: Identity, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity.membership.found("tower")
    identity.membership.admit(b"\x07" * 32, "attic")
    (tmp_path / "laptop").mkdir()
    save_key(tmp_path / "laptop", KEY)
    other = Identity(tmp_path / "laptop", KEY)
    other.membership.found("laptop")
    other.membership.admit(identity.card, "tower")
    assert other.membership.known is not None
    with pytest.raises(OtherMembership):
        identity.membership.take_membership(other.membership.known)
    assert main(["members"]) == 0
    owner = fingerprint(other.membership.known.founding.owner)
    assert f"`e2a-swarm members unite {owner}` gives up the list above" in capsys.readouterr().out
    assert main(["members", "unite", "0" * 16]) == EXIT_USAGE
    assert main(["members", "unite", owner]) == 0
    identity.refresh()
    assert {member.name for member in identity.membership.members.values()} == {"laptop", "tower", "attic"}
    assert main(["members", "unite", owner]) == EXIT_USAGE, "there is no other any more"


def test_a_machine_that_waits_is_named_and_let_in(identity: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    identity.membership.found("laptop")
    identity.applicants.apply(b"\x07" * 32, "attic")
    assert main(["members"]) == 0
    line = "attic (fingerprint 0707070707070707) waits: `e2a-swarm members approve 0707070707070707` lets it in"
    assert line in capsys.readouterr().out.splitlines()
    assert main(["members", "approve", "cellar", "--coordinator", "127.0.0.1:1"]) == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    assert "No coordinator of this swarm answers" in said, "it may wait at another machine"
    assert "name one by --coordinator HOST" in said
    assert main(["members", "approve", "attic"]) == 0
    assert capsys.readouterr().out == "attic is a member now.\n"
    identity.refresh()
    assert len(identity.membership.members) == 2 and not identity.applicants.waiting
