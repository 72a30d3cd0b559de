"""hibari as an engine: natural English on the CPU. In come English texts; out goes speech, by ONNX Runtime."""
