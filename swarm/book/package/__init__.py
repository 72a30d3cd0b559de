"""The package of an EPUB. The archive comes in; manifest, spine, metadata, cover and table of contents go out."""
