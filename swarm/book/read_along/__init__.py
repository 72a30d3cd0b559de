"""Makes read-along EPUBs: the book's own pages with sound, by the Media Overlays of EPUB 3.

An EPUB or a Book comes in with the moments of its sentences, an EPUB 3 goes out.
"""
