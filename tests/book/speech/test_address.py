import pytest

from swarm.book.speech.abbreviation import shorten


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See https://www.gutenberg.org/ebooks/54873.", "See gutenberg.org."),
        ("(http://example.com/a?b=c), he said", "(example.com), he said"),
        ("at www.pgdp.net they", "at pgdp.net they"),
        ("write to ann.b@books.org.", "write to ann.b at books.org."),
        ("ISBN 978-3-16-148410-0, 1999", "ISBN, 1999"),
        ("ISBN-10: 0-306-40615-2", "ISBN"),
        ("either/or, 3:4, and so on…", "either/or, 3:4, and so on…"),
    ],
)
def test_addresses_are_the_names_of_their_sites(text: str, said: str) -> None:
    assert shorten(text, "en") == said


def test_the_sign_in_a_mail_address_is_said_in_the_language() -> None:
    assert shorten("a@b.fr", "fr") == "a arobase b.fr"


def test_a_page_of_addresses_takes_no_long_time() -> None:
    assert len(shorten("http://" + "a." * 50_000 + " " + "@" * 50_000, "en")) > 50_000
