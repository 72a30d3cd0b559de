"""A rehearsal engine that plays tones."""
