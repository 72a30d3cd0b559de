"""The core of a coordinator: messages and times come in, and an outcome goes out. It never imports the worker's."""
