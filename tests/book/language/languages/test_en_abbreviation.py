import pytest
from said import said


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("He came from St. Louis, Mo., on Baker St.", "He came from Saint Louis, Missouri, on Baker Street."),
        ("The 2nd of Jan. and the 3rd inst.", "The second of January and the third instant."),
        (
            "On p. 33 ff. and 22f., ca. 5 pp.",
            "On page thirty-three and following and twenty-two and following, circa five pp.",
        ),
        (
            "£5 p.a., a.k.a. 12 High Rd., Apt. 4",
            "five pounds per annum, also known as twelve High Road, Apartment four",
        ),
        ("the 2nd ed. of the 18th c.", "the second edition of the eighteenth century."),
        ("N. America, So. Carolina", "North America, South Carolina"),
        ("Pub. L. 94", "Public Law ninety-four"),
        ("Lt.-Col. Moran, d. 1901", "Lieutenant-Colonel Moran, died nineteen oh-one"),
        ("Hen. V, Edw. VII; App. B, Fig. A", "Henry the Fifth, Edward the Seventh; Appendix B, Figure A"),
        ("Tues., Jan. 3d; the 22d Regt.", "Tuesday, January third; the twenty-second Regiment."),
        ("They were rich. I sat. 3 men", "They were rich. I sat. three men"),
    ],
)
def test_abbreviations_are_words_beside_towns_dates_and_names(written: str, words: str) -> None:
    assert said(written, "en") == words
