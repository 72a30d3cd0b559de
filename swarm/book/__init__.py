"""A book file becomes segments that a voice can speak, and a read-along EPUB is made of their places.

Files come in; Book, ChapterText and Segment go out. The room imports nothing of swarm/ but swarm/errors.py.
"""
