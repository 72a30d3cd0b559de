"""The coordinator's disk: jobs with their journals, clips and files.

Specs, records and sound come in, durably; jobs and summaries go out.
"""
