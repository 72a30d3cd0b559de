"""Progress, status and reports: a coordinator's status and the records of a job come in, and words, lines and
pages for people go out. Read-only: nothing here decides anything."""
