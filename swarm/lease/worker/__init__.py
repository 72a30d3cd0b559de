"""The core of a worker: grants and reports of engines come in, and commands, messages and clips go out. It never
imports the coordinator's."""
