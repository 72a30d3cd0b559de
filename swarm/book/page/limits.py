"""Bounds for hostile files: a file over a bound is refused, or the rest of it is ignored."""

MAX_FILES = 20_000  # files in an EPUB
MAX_INFLATED_BYTES = 2 << 30  # the total size that the directory of an EPUB's zip file declares
MAX_DOCUMENT_BYTES = 16 << 20
MAX_READ_BYTES = 96 << 20  # all documents of a book together
MAX_DEPTH = 200  # nested elements
MAX_ELEMENTS = 500_000  # of one document; each takes some 30 microseconds to read
MAX_DESCRIPTION_CHARS = 20_000  # of a book's description; the rest is ignored
MAX_SPINE = 10_000  # documents in the reading order
MAX_FALLBACKS = 8  # length of a chain of fallback items in the manifest
MAX_ENTRIES = 20_000  # entries of a table of contents
MAX_TITLE_CHARS = 200
MAX_NOTE_CHARS = 20_000  # a longer block is no note
MAX_SHEET_BYTES = 1 << 20
MAX_SHEETS_CHARS = 512 << 10  # all style sheets of a book that need parsing
MAX_OWN_STYLE_CHARS = 10_000  # the style attribute of an element
MAX_HIDING_RULES = 2_000
MAX_SELECTOR_TOKENS = 100
MAX_SELECTOR_DEPTH = 4  # nested selectors, such as :not() in :is()
MAX_STYLE_STEPS = 4_000_000  # selectors tested and ancestors visited for one book: about two seconds
MAX_STRETCH_CHARS = 10_000  # longest text to split at once, since the time grows with its square
MAX_PYSBD_CHARS = 2_000  # longest text for pysbd, the slower of the two splitters
MAX_LEXICON_BYTES = 4 << 20
MAX_LEXICON_RULES = 50_000
LEXICON_TIMEOUT_S = 2.0  # for one pattern on one sentence
MAX_BOOK_LEXICONS = 50  # lexicons that a book brings
MAX_ALIAS_TIMES = 20  # longest alias for each character of its word: a book could turn every "a" into a page
