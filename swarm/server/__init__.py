"""The resident coordinator: a queue of books, orders of users, a watched folder, listening, and notices.

Books and orders come in by the page, the interface for programs and messages; jobs go to coordinator/, and finished
books, sound and notices go out to users.
"""
