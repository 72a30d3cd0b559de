"""The core of a worker: it never imports the coordinator's."""
