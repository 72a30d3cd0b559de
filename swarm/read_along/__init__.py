"""The book's own pages with its sound: Media Overlays of EPUB 3."""
