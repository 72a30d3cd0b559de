"""Asks batch systems for workers: how many, by a pure rule, and how, by other people's libraries."""
