"""Sockets, keys, and how machines find each other."""
