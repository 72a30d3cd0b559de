"""Files that go from worker to worker: job files and the files of models.

Blocks come in from coordinators, peers and hubs; the cache keeps whole files, and a server passes them on to peers.
"""
