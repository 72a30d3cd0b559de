"""One book, all the machines in the house, one audiobook."""

__version__ = "0.2.0"
