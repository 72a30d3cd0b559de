"""A book file becomes segments that a voice can speak, and a read-along EPUB is made of their places.

Files come in; Book, Chapter and Segment go out, and nothing of swarm/ is imported but swarm/errors.py.
"""
