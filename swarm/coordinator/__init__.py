"""A coordinator's loops around its core."""
