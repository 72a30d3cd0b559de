"""One book, all the machines in the house, one audiobook."""

__version__ = "0.3.0.dev0"
