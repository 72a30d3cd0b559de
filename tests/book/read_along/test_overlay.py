from lxml import etree

from swarm.book.read_along.epub3 import Par, TimedText, clock, smil, time_pars


def test_a_file_is_heard_from_its_beginning_to_its_end_pauses_and_all() -> None:
    heard = [TimedText(0.5, "a", (("s1", 4),)), TimedText(2.25, "a", (("s2", 4),)), TimedText(3.0, "b", (("s1", 4),))]
    assert list(time_pars(heard, "x.m4a", 4.5678)) == [
        Par("a", "s1", "x.m4a", 0, 2250),
        Par("a", "s2", "x.m4a", 2250, 3000),
        Par("b", "s1", "x.m4a", 3000, 4567),
    ]


def test_fragments_share_the_time_by_the_length_of_their_text() -> None:
    pars = list(time_pars([TimedText(0.0, "a", (("s1", 1), ("s1-2", 3)))], "x.m4a", 4.0))
    assert [(par.name, par.begin_ms, par.end_ms) for par in pars] == [("s1", 0, 1000), ("s1-2", 1000, 4000)]


def test_what_takes_no_time_has_no_par() -> None:
    heard = [TimedText(0.0, "a", (("s1", 4),)), TimedText(1.0, "a", (("s2", 1),)), TimedText(1.0, "a", (("s3", 1),))]
    assert [par.name for par in time_pars(heard, "x.m4a", 2.0)] == ["s1", "s3"]


def test_an_overlay_says_what_belongs_together() -> None:
    root = etree.fromstring(smil([Par("a", "s1", "c 1.m4a", 0, 3_723_004)], "../a&b.xhtml").encode())
    (par,) = root.iter("{*}par")
    assert par.find("{*}text").get("src") == "../a&b.xhtml#s1"
    assert dict(par.find("{*}audio").attrib) == {"src": "c 1.m4a", "clipBegin": "0:00:00.000", "clipEnd": "1:02:03.004"}


def test_a_clock_has_hours_and_thousandths() -> None:
    assert clock(0) == "0:00:00.000"
    assert clock(100 * 3_600_000 + 61_001) == "100:01:01.001"
