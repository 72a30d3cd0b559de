"""The resident coordinator: a queue of books, orders of users, a watched folder, listening, and notices.

It serves jobs by coordinator/; orders and books come in by the page, the interface for programs and messages.
"""
