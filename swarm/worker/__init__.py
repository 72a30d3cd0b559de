"""The shell of a worker: it connects the core with coordinators on one side and engines on the other.

Leases and files come in from coordinators and peers; clips go out.
"""
