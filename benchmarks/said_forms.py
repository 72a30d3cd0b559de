"""Counts the written forms that each engine says wrongly, by its own phonemes: numbers, dates, kings, abbreviations.

python benchmarks/said_forms.py              prints the table of docs/benchmarks.md
python benchmarks/said_forms.py --list       names the forms, and what the engine is given
python benchmarks/said_forms.py --passages   counts the passages in place of the forms

The forms and their words are in tests/voice/forms and tests/voice/passages, a file for each language.
"""

import argparse
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests" / "voice"


def main() -> None:
    """Print a table of the forms, and of those that are said wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the forms that are said wrongly")
    parser.add_argument("--passages", action="store_true", help="count passages of ordinary books, not single forms")
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from said_forms import CASES, FORMS, PASSAGES, read_forms, wrong_forms

    folder = PASSAGES if options.passages else FORMS
    print("| engine | language | forms | said wrongly |\n| --- | --- | --- | --- |")
    for card, language in CASES:
        wrong = wrong_forms(card, language, folder)
        print(f"| {card.name} | {language} | {len(list(read_forms(language, folder)))} | {len(wrong)} |")
        for written, given in wrong if options.list else ():
            print(f"    {written}  the engine is given: {given}")


if __name__ == "__main__":
    main()
