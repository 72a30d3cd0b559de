"""Editions: the audiobook and report of a job, and their delivery. In come the clips of a job as they arrive, and the
user's style; out go finished files where the user wants them."""
