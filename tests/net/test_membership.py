"""The union of memberships: who is in, and what a stranger, a former or a present member cannot do to it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack, structs
from nacl.signing import SigningKey

from swarm.net.identity import membership
from swarm.net.identity.membership import (
    BadMembership,
    HandOver,
    Member,
    Membership,
    OtherMembership,
    Removal,
    admit,
    found,
    hand_over,
    members,
    remove,
    union,
)

KEYS = [SigningKey(bytes([number]) * 32) for number in range(8)]
PUBLIC = [bytes(key.verify_key) for key in KEYS]
OWNER, SERVER_KEY = SigningKey(b"k" * 32), b"d" * 32
EMPTY = found(OWNER, SERVER_KEY, PUBLIC[0])
FIRST = admit(EMPTY, PUBLIC[0], "owner's machine", 1, OWNER)


@st.composite
def histories(draw: st.DrawFn) -> Membership:
    """Draw what one machine may know: admissions by the owner and by members, and removals, in any order."""
    known = FIRST
    for _ in range(draw(st.integers(0, 6))):
        who = draw(st.integers(1, 7))
        inside = [number for number in range(8) if PUBLIC[number] in members(known)]
        if draw(st.integers(0, 3)) == 0 and PUBLIC[who] in members(known):
            known = remove(known, [PUBLIC[who]], bytes([draw(st.integers(0, 3))]) * 32, 5, OWNER)
        elif not membership.removed(known, PUBLIC[who]):
            signer = draw(st.sampled_from([OWNER, *(KEYS[number] for number in inside)]))
            known = admit(known, PUBLIC[who], f"machine {who}", draw(st.integers(2, 4)), signer)
    return known


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


def test_whoever_the_removed_one_admitted_later_is_not_in_and_whom_the_owner_knew_stays() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    known = admit(known, PUBLIC[2], "two", 3, KEYS[1])
    without = remove(known, [PUBLIC[1]], b"n" * 32, 9, OWNER)
    assert set(members(without)) == {PUBLIC[0], PUBLIC[2]}
    puppet = admit(known, PUBLIC[3], "puppet", 4, KEYS[1])
    assert set(members(union(without, puppet))) == {PUBLIC[0], PUBLIC[2]}
    assert membership.key_epoch(without) == 1
    assert membership.server_keys(without) == [SERVER_KEY, b"n" * 32]


def test_a_member_that_is_no_owner_removes_nobody() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    forged = membership.sign(Removal(PUBLIC[0], 1, b"x" * 32, 9), KEYS[1])
    with pytest.raises(BadMembership, match="signature"):
        union(known, structs.replace(known, removals=(forged,)))


def test_nobody_is_in_on_a_strangers_word_or_on_a_signature_over_another_name() -> None:
    stranger = admit(FIRST, PUBLIC[1], "one", 2, KEYS[5])
    assert set(members(stranger)) == {PUBLIC[0]}
    assert members(union(FIRST, stranger)).keys() == members(FIRST).keys()
    good = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    renamed = tuple(structs.replace(each, name="two") for each in good.admissions)
    with pytest.raises(BadMembership, match="signature"):
        union(FIRST, structs.replace(good, admissions=renamed))


OWNERS = [SigningKey(bytes([100 + number]) * 32) for number in range(3)]
BEGUN = [
    admit(found(OWNERS[number], SERVER_KEY, PUBLIC[number]), PUBLIC[number], f"machine {number}", 1, OWNERS[number])
    for number in range(3)
]


def with_member(known: Membership, owner: int, who: int) -> Membership:
    is_out = PUBLIC[who] in members(known) or membership.removed(known, PUBLIC[who])
    return known if is_out else admit(known, PUBLIC[who], f"machine {who}", 2, OWNERS[owner])


@st.composite
def separate_histories(draw: st.DrawFn) -> Membership:
    """Draw what one machine may know where three owners began: a membership, perhaps given up for another."""
    number, other = draw(st.permutations(range(3)))[:2]
    known, theirs = BEGUN[number], with_member(BEGUN[other], other, number)
    for who in draw(st.lists(st.integers(3, 7), max_size=3)):
        known, theirs = with_member(known, number, who), with_member(theirs, other, draw(st.integers(3, 7)))
    lists = {"ours": (known, number), "theirs": (theirs, other)}
    for name in draw(st.lists(st.sampled_from(["theirs", "theirs", "ours"]), max_size=1)):
        one, owner = lists[name]
        for key in [key for key in members(one) if key not in PUBLIC[:3]][:1]:
            lists[name] = remove(one, [key], bytes([draw(st.integers(0, 3))]) * 32, 5, OWNERS[owner]), owner
    known, theirs = lists["ours"][0], lists["theirs"][0]
    may_hand_over = not known.removals and draw(st.booleans())
    return hand_over(known, theirs, OWNERS[number], KEYS[number]) if may_hand_over else known


def united(one: Membership, two: Membership) -> Membership | None:
    try:
        return union(one, two)
    except BadMembership:
        return None


@given(separate_histories(), separate_histories(), separate_histories())
def test_memberships_that_began_separately_are_one_by_a_cession_in_any_order_and_no_removed_member_returns(
    one: Membership, two: Membership, three: Membership
) -> None:
    both = united(one, two)
    assert both == united(two, one)
    if both is None:
        return
    assert union(both, one) == both == union(both, both) == union(two, both)
    assert membership.read(membership.write(both)) == both
    assert both.founding in (one.founding, two.founding)
    known = [each for each in (one, two) if each.founding == both.founding]
    gone = {removal.key for each in known for removal in each.removals}
    assert not gone & members(both).keys()
    assert {key for each in known for key in members(each)} - gone <= members(both).keys()
    assert not any(each.removals for each in (one, two) if each not in known), "a removal is never given up"
    rest = united(two, three)
    all_of_them, otherwise = united(both, three), rest and united(one, rest)
    # Two owners may hand over to each other: one that hears all again is then as far as the others.
    if all_of_them and otherwise:
        for each in (one, two, three):
            all_of_them, otherwise = union(all_of_them, each), union(otherwise, each)
        assert members(all_of_them).keys() == members(otherwise).keys()


def test_the_members_of_a_membership_that_was_given_up_come_along_and_follow() -> None:
    ours = admit(BEGUN[1], PUBLIC[5], "attic", 3, KEYS[1])
    theirs = with_member(BEGUN[0], 0, 1)
    whole = hand_over(ours, theirs, OWNERS[1], KEYS[1])
    assert members(whole).keys() == {PUBLIC[0], PUBLIC[1], PUBLIC[5]}
    assert union(ours, whole) == union(theirs, whole) == whole
    with pytest.raises(OtherMembership):
        union(ours, theirs)
    back = hand_over(theirs, with_member(ours, 1, 0), OWNERS[0], KEYS[0])  # at the same time
    assert union(whole, back) == union(back, whole)
    assert members(union(whole, back)).keys() == members(whole).keys()


def test_only_its_owner_gives_a_membership_up_and_only_for_one_that_its_machine_is_in() -> None:
    theirs = with_member(BEGUN[0], 0, 1)
    forged = membership.sign(HandOver(BEGUN[1].founding, BEGUN[0].founding), KEYS[5])
    with pytest.raises(BadMembership, match="signature"):
        union(BEGUN[1], structs.replace(theirs, hand_overs=(forged,)))
    with pytest.raises(BadMembership, match="not in the other list yet"):
        hand_over(BEGUN[1], BEGUN[0], OWNERS[1], KEYS[1])
    removing = remove(with_member(BEGUN[1], 1, 5), [PUBLIC[5]], b"n" * 32, 9, OWNERS[1])
    with pytest.raises(BadMembership, match="a machine was removed"):
        hand_over(removing, theirs, OWNERS[1], KEYS[1])


def test_a_membership_that_a_member_begins_and_gives_up_changes_nothing_for_the_others() -> None:
    known = with_member(with_member(BEGUN[0], 0, 1), 0, 5)
    rogue = with_member(BEGUN[1], 1, 6)  # machine 1, a mere member of the other, did this
    step = membership.sign(HandOver(rogue.founding, known.founding), OWNERS[1])
    offered = structs.replace(rogue, hand_overs=(step,))
    assert members(union(known, offered)) == members(known)
    removal = membership.sign(Removal(PUBLIC[5], 1, b"x" * 32, 9), OWNERS[1])
    with pytest.raises(BadMembership):
        union(known, structs.replace(offered, removals=(removal,)))
    claims = membership.sign(HandOver(known.founding, rogue.founding), OWNERS[1])
    with pytest.raises(BadMembership, match="signature"):
        union(known, structs.replace(rogue, hand_overs=(claims,)))


def test_many_cessions_are_bounded_and_the_membership_of_a_machine_that_knows_none_is_read() -> None:
    known = BEGUN[0]
    for number in range(membership.MAX_HAND_OVERS + 6):
        owner = SigningKey(number.to_bytes(32))
        given_up = found(owner, SERVER_KEY, PUBLIC[1])
        step = membership.sign(HandOver(given_up.founding, known.founding), owner)
        known = union(known, structs.replace(given_up, hand_overs=(step,)))
    assert len(known.hand_overs) == membership.MAX_HAND_OVERS
    before = msgpack.encode((FIRST.founding, FIRST.admissions, FIRST.removals))
    assert membership.read(before) == FIRST


def test_the_membership_of_another_owner_is_not_taken() -> None:
    other = found(KEYS[7], SERVER_KEY, PUBLIC[7])
    with pytest.raises(BadMembership, match="another swarm"):
        union(FIRST, other)
    with pytest.raises(BadMembership, match="signature"):
        membership.read(
            membership.write(structs.replace(EMPTY, founding=structs.replace(EMPTY.founding, server_key=b"e" * 32)))
        )


def test_hostile_bytes_are_refused_in_words() -> None:
    good = membership.write(admit(FIRST, PUBLIC[1], "one", 2, OWNER))
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
    assert members(admit(FIRST, PUBLIC[1], "a\x1b[2J", 2, OWNER))[PUBLIC[1]].name == "a [2J"


def test_no_more_than_a_thousand_are_in() -> None:
    full = FIRST
    owner = bytes(OWNER.verify_key)
    entries = [Member(number.to_bytes(32), "n", 1, owner) for number in range(membership.MAX_ADMISSIONS)]
    full = structs.replace(FIRST, admissions=tuple(entries))
    with pytest.raises(BadMembership, match="too many"):
        admit(structs.replace(full, admissions=(*FIRST.admissions, *entries)), PUBLIC[1], "one", 2, OWNER)


def crowd(number: int) -> list[tuple[SigningKey, bytes]]:
    """Return keys of machines that somebody made up."""
    made = [SigningKey((1000 + each).to_bytes(32)) for each in range(number)]
    return [(key, bytes(key.verify_key)) for key in made]


def entries_by(signer: SigningKey, keys: list[bytes], since_s: int = 5) -> list[Member]:
    by = bytes(signer.verify_key)
    return [membership.sign(Member(key, "made up", since_s, by), signer) for key in keys]


def test_a_member_lets_twenty_in_those_that_came_in_by_it_counted_and_the_owner_more() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    made = crowd(membership.MAX_ADMITTED + 1)
    known = admit(known, made[0][1], "friend", 3, KEYS[1])
    for number, (_, key) in enumerate(made[1:-1]):
        known = admit(known, key, "m", 3, made[0][0] if number % 2 else KEYS[1])
    for signer in (KEYS[1], made[0][0]):
        with pytest.raises(membership.NotAdmitted, match="20 machines came in by one member"):
            admit(known, made[-1][1], "m", 3, signer)
    known = remove(known, [made[1][1]], b"n" * 32, 9, OWNER)  # the owner vouches for the others
    known = admit(known, made[-1][1], "m", 3, KEYS[1])
    with pytest.raises(membership.NotAdmitted):
        admit(known, PUBLIC[2], "m", 3, KEYS[1])
    assert PUBLIC[2] in members(admit(known, PUBLIC[2], "two", 4, OWNER))


def test_a_member_that_signs_for_a_thousand_made_up_machines_fills_no_list() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    made = crowd(40)
    keys = [key for _, key in made]
    friends = [each for signer, _ in made[:20] for each in entries_by(signer, keys)]  # each knows all others
    evil = structs.replace(known, admissions=(*known.admissions, *entries_by(KEYS[1], keys), *friends[:900]))
    both = union(known, evil)
    assert union(evil, known) == both and len(members(both)) == 2 + membership.MAX_ADMITTED
    for key in PUBLIC[2:]:
        both = union(both, structs.replace(known, admissions=(*known.admissions, *entries_by(KEYS[1], keys, 4))))
        both = admit(both, key, "honest", 7, OWNER)
    assert set(PUBLIC) <= set(members(both))


def test_a_member_is_removed_with_all_that_came_in_by_it_in_one_key_epoch() -> None:
    known = admit(FIRST, PUBLIC[1], "one", 2, OWNER)
    known = admit(admit(known, PUBLIC[2], "two", 3, KEYS[1]), PUBLIC[3], "three", 4, KEYS[2])
    known = admit(known, PUBLIC[4], "four", 5, OWNER)
    known = remove(known, [PUBLIC[4]], b"m" * 32, 8, OWNER)  # who admitted whom is known afterwards, too
    came = membership.admitted(members(known), PUBLIC[1])
    assert came == {PUBLIC[2], PUBLIC[3]}
    without = remove(known, [PUBLIC[1], *came], b"n" * 32, 9, OWNER)
    assert set(members(without)) == {PUBLIC[0]}
    assert membership.server_keys(without) == [SERVER_KEY, b"m" * 32, b"n" * 32]


def test_a_name_that_looks_like_a_fingerprint_is_refused_even_if_it_is_signed() -> None:
    for name in ("0707070707070707", "07:07:07:07 0707-0707", "\uff10" * 16, "A" * 60):
        with pytest.raises(BadMembership, match="looks like a fingerprint"):
            admit(FIRST, PUBLIC[1], name, 2, OWNER)
        evil = membership.sign(Member(PUBLIC[1], name, 2, PUBLIC[0]), KEYS[0])
        with pytest.raises(BadMembership, match="looks like a fingerprint"):
            union(FIRST, structs.replace(FIRST, admissions=(*FIRST.admissions, evil)))
    assert PUBLIC[1] in members(admit(FIRST, PUBLIC[1], "deadbeef", 2, OWNER))


def test_only_the_owner_vouches_for_one_that_another_admitted() -> None:
    evil = membership.sign(Member(PUBLIC[1], "one", 2, PUBLIC[0], PUBLIC[5]), KEYS[0])
    with pytest.raises(BadMembership, match="as only the owner does"):
        union(FIRST, structs.replace(FIRST, admissions=(*FIRST.admissions, evil)))
