"""Makes read-along EPUBs: the book's own pages with sound, by the Media Overlays of EPUB 3."""
