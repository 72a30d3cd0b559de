"""The plain values of a job, and its journal's records: what a book was ordered with, and what has become of it. Every
room but the library `book/` may stand on them; they import no room but the library's values."""
