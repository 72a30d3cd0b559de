"""The shell that serves jobs: a coordinator's loops around its core, from a book file to its audiobook.

Configs, books and the messages of workers come in; facts go to the disk, messages to workers, and sound to editions.
"""
