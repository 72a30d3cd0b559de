"""How much of a hostile file is read: beyond these it is refused, or the rest of it counts for nothing."""

MAX_FILES = 20_000  # in an EPUB
MAX_INFLATED_BYTES = 2 << 30  # the sum of what an EPUB's files claim to be
MAX_DOCUMENT_BYTES = 16 << 20
MAX_READ_BYTES = 96 << 20  # of all documents together; pictures, sound and fonts are not read
MAX_DEPTH = 200  # of elements in elements
MAX_SPINE = 10_000  # documents
MAX_FALLBACKS = 8  # from one manifest item to the next
MAX_ENTRIES = 20_000  # of a table of contents
MAX_TITLE_CHARS = 200
MAX_NOTE_CHARS = 20_000  # a longer block is no note
MAX_SHEET_BYTES = 1 << 20
MAX_SHEETS_CHARS = 512 << 10  # of a book's style sheets together, those that need parsing
MAX_HIDING_RULES = 2_000
MAX_SELECTOR_TOKENS = 100
MAX_SELECTOR_DEPTH = 4  # of :not() in :is()
MAX_STYLE_STEPS = 10_000_000  # of matching a book's selectors: some seconds
MAX_STRETCH_CHARS = 10_000  # of a paragraph at once: the time of the splitters grows with the square
MAX_PYSBD_CHARS = 2_000  # the same for the slower of the two
MAX_LEXICON_BYTES = 4 << 20
MAX_LEXICON_RULES = 50_000
LEXICON_TIMEOUT_S = 2.0  # for one pattern on one sentence
MAX_BOOK_LEXICONS = 50  # that the book itself brings
MAX_ALIAS_TIMES = 20  # as long as the word that it stands for: a book could make a page of each "a"
