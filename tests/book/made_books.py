"""Makes small books, one for each shape of defect that books found in the wild have."""

from made_book import Shape
from made_conversions import CONVERSIONS
from made_languages import LANGUAGES
from made_matter import MATTER
from made_notes import NOTES
from made_packages import PACKAGES
from made_pages import PAGES

SHAPES: dict[str, Shape] = {**LANGUAGES, **CONVERSIONS, **NOTES, **MATTER, **PAGES, **PACKAGES}
