"""A worker's loops around its core: coordinators on one side, engines on the other."""
