"""The core of a coordinator: it never imports the worker's."""
