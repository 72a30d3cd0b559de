"""Sockets, keys, and how the machines of a swarm find each other."""
