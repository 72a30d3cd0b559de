"""The log of a run: the calls of pure cores come in, and a JSON line for each goes out, with its arguments and its
result. A log is replayed through fresh cores, or told as a story."""
