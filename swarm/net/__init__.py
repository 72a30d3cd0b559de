"""Sockets, and how the machines of a swarm find each other. In come addresses, keys and bytes of strangers;
out go whole, checked messages."""
