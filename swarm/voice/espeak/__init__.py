"""espeak-ng as an engine, and its phonemes for others. In come texts in over 100 languages; out goes robotic speech,
or IPA."""
