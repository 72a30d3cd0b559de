"""The coordinator's disk: jobs, journals, clips, files."""
