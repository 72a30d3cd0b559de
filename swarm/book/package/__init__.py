"""What an EPUB says of itself: archive, manifest, spine, table of contents."""
