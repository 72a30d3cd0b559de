"""Asks batch systems and Celery fleets for workers: the status of a coordinator comes in, and pilots go out. How many
is decided by a pure rule, and how they start by other people's libraries."""
