"""Files that go from worker to worker: job assets and the files of models.

Pieces come in from coordinators, peers and hubs; whole files go out, to engines here and to peers.
"""
