import pytest

from swarm.book.language.known import find_language
from swarm.book.speech.date import say_dates


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "On 12/25/1999 and 25/12/1999.", "On December 25th, 1999 and December 25th, 1999."),
        ("en", "3/4/2021, 5/5/2021", "March 4th, 2021, May 5th, 2021"),  # 3/4 may be in March or April
        ("en", "2021-03-22", "March 22nd, 2021"),
        ("en", "June 3, 1921 or Dec. 11", "June 3rd, 1921 or Dec. 11th"),
        ("en", "4 July 1776, the 1 May", "the 4th of July 1776, the 1st of May"),
        ("en", "June 1921, May 10:30, July 3rd, 45 May", "June 1921, May 10:30, July 3rd, 45 May"),
        ("en", "13/13/2021, 1.2.21, 1/2/2021/4", "13/13/2021, 1.2.21, 1/2/2021/4"),
        ("en", "1.2.2021, 4th March 2021", "February 1st, 2021, the 4th of March 2021"),
        ("en", "on this 4th March, 4-6 July", "on this 4th of March, the 4th to the 6th of July"),
        ("en", "04-Mar-2021, Mar-4-2021, Mar-2021", "the 4th of March, 2021, March 4th, 2021, March 2021"),
        ("en", "July 30 - Aug 2", "July 30th to Aug 2nd"),
        ("en", "4-Mar-21", "the 4th of March, 21"),
        ("en", "He may 3 times", "He may 3 times"),
        ("fr", "le 1/4/2021 et le 25/12/1999", "le 1er avril 2021 et le 25 décembre 1999"),
        ("de", "am 3.4.2021", "am 3. April 2021"),
        ("es", "el 3/4/2021", "el 3 de abril de 2021"),
        ("it", "il 1/4/2021", "il 1º aprile 2021"),
        ("pt", "a 3/4/2021", "a 3 de abril de 2021"),
        ("nl", "op 3/4/2021", "op 3 april 2021"),
        ("xx", "3.4.2021", "3.4.2021"),
        ("fr", "le 5 sept. 1638, 2 déc., 5 men. ", "le 5 septembre 1638, 2 décembre, 5 men. "),
        ("es", "el 15 sept. vino, 3 de dic.", "el 15 de septiembre vino, 3 de diciembre."),
        ("it", "il 5 sett. venne", "il 5 settembre venne"),
        ("nl", "op 1 jan. kwam", "op 1 januari kwam"),
    ],
)
def test_dates_are_written_out(language: str, written: str, said: str) -> None:
    assert say_dates(written, find_language(language)) == said


def test_a_page_of_figures_takes_no_long_time() -> None:
    assert say_dates("1/" * 50_000, find_language("en"))
    assert say_dates("1 May " * 20_000, find_language("en")).startswith("the 1st of May the 1st")
