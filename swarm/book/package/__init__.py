"""The package of an EPUB: archive, manifest, spine, table of contents."""
