"""Kokoro as an engine: natural voices in eight languages. In come texts and names of voices or blends; out goes
speech, by ONNX Runtime."""
