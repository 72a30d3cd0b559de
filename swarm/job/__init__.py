"""The plain values of a job, and its journal's records: the ground that everything stands on."""
