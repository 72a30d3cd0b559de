"""The union of memberships: who is in, and what a stranger, a former or a present member cannot do to it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack, structs
from nacl.signing import SigningKey

from swarm.net import membership
from swarm.net.membership import BadMembership, Member, Membership, Removal, admit, found, members, remove, union

KEYS = [SigningKey(bytes([number]) * 32) for number in range(8)]
PUBLIC = [bytes(key.verify_key) for key in KEYS]
KEEPER, DOOR = SigningKey(b"k" * 32), b"d" * 32
EMPTY = found(KEEPER, DOOR, PUBLIC[0])
FIRST = admit(EMPTY, PUBLIC[0], "keeper's machine", 1, KEEPER)


@st.composite
def histories(draw: st.DrawFn) -> Membership:
    """Draw what one machine may know: admissions by the keeper and by members, and removals, in any order."""
    known = FIRST
    for _ in range(draw(st.integers(0, 6))):
        who = draw(st.integers(1, 7))
        inside = [number for number in range(8) if PUBLIC[number] in members(known)]
        if draw(st.integers(0, 3)) == 0 and PUBLIC[who] in members(known):
            known = remove(known, PUBLIC[who], bytes([draw(st.integers(0, 3))]) * 32, 5, KEEPER)
        elif not membership.removed(known, PUBLIC[who]):
            signer = draw(st.sampled_from([KEEPER, *(KEYS[number] for number in inside)]))
            known = admit(known, PUBLIC[who], f"machine {who}", draw(st.integers(2, 4)), signer)
    return known


@settings(max_examples=60)
@given(histories(), histories(), histories())
def test_a_union_is_the_same_in_any_order_and_brings_no_removed_member_back(
    one: Membership, two: Membership, three: Membership
) -> None:
    both = union(one, two)
    assert both == union(two, one)
    assert union(both, one) == both == union(both, both)
    assert membership.read(membership.write(both)) == both
    everything = union(both, three)
    gone = {removal.key for each in (one, two, three) for removal in each.removals}
    assert not gone & members(everything).keys()
    kept = {each.key for each in (one, two, three) for each in each.admissions if each.by == PUBLIC[0]}
    assert kept - gone <= members(everything).keys()
    assert members(everything).keys() == members(union(one, union(two, three))).keys()


def test_whoever_the_removed_one_admitted_later_is_not_in_and_whom_the_keeper_knew_stays() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, KEEPER)
    known = admit(known, PUBLIC[2], "two", 3, KEYS[1])
    without = remove(known, PUBLIC[1], b"n" * 32, 9, KEEPER)
    assert set(members(without)) == {PUBLIC[0], PUBLIC[2]}
    puppet = admit(known, PUBLIC[3], "puppet", 4, KEYS[1])
    assert set(members(union(without, puppet))) == {PUBLIC[0], PUBLIC[2]}
    assert membership.generation(without) == 1
    assert membership.doors(without) == [DOOR, b"n" * 32]


def test_a_member_that_is_no_keeper_removes_nobody() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, KEEPER)
    forged = membership.sign(Removal(PUBLIC[0], 1, b"x" * 32, 9), KEYS[1])
    with pytest.raises(BadMembership, match="signature"):
        union(known, structs.replace(known, removals=(forged,)))


def test_nobody_is_in_on_a_strangers_word_or_on_a_signature_over_another_name() -> None:
    stranger = admit(FIRST, PUBLIC[1], "one", 2, KEYS[5])
    assert set(members(stranger)) == {PUBLIC[0]}
    assert members(union(FIRST, stranger)).keys() == members(FIRST).keys()
    good = admit(FIRST, PUBLIC[1], "one", 2, KEEPER)
    renamed = tuple(structs.replace(each, name="two") for each in good.admissions)
    with pytest.raises(BadMembership, match="signature"):
        union(FIRST, structs.replace(good, admissions=renamed))


def test_the_membership_of_another_keeper_is_not_taken() -> None:
    other = found(KEYS[7], DOOR, PUBLIC[7])
    with pytest.raises(BadMembership, match="another swarm"):
        union(FIRST, other)
    with pytest.raises(BadMembership, match="signature"):
        membership.read(
            membership.write(structs.replace(EMPTY, founding=structs.replace(EMPTY.founding, door=b"e" * 32)))
        )


def test_hostile_bytes_are_refused_in_words() -> None:
    good = membership.write(admit(FIRST, PUBLIC[1], "one", 2, KEEPER))
    chance = random.Random(7)
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        try:
            union(FIRST, membership.read(bytes(bad)))
        except BadMembership:
            continue
        assert bytes(bad) == good
    nested = b"\x91" * 5000
    many = msgpack.encode((EMPTY.founding, [Member(PUBLIC[1], "n", 1, PUBLIC[0])] * 1001, ()))
    for data in (b"", nested, many, b"x" * (membership.MAX_BYTES + 1)):
        with pytest.raises(BadMembership):
            membership.read(data)


def test_a_name_that_steers_a_terminal_is_refused_even_if_it_is_signed() -> None:
    evil = membership.sign(Member(PUBLIC[1], "a\x1b[2J", 2, PUBLIC[0]), KEYS[0])
    with pytest.raises(BadMembership, match="terminal"):
        union(FIRST, structs.replace(FIRST, admissions=(*FIRST.admissions, evil)))
    assert members(admit(FIRST, PUBLIC[1], "a\x1b[2J", 2, KEEPER))[PUBLIC[1]].name == "a [2J"


def test_no_more_than_a_thousand_are_in() -> None:
    full = FIRST
    entries = [Member(number.to_bytes(32), "n", 1, PUBLIC[0]) for number in range(membership.MAX_ADMISSIONS)]
    full = structs.replace(FIRST, admissions=tuple(entries))
    with pytest.raises(BadMembership, match="too many"):
        admit(structs.replace(full, admissions=(*FIRST.admissions, *entries)), PUBLIC[1], "one", 2, KEEPER)
