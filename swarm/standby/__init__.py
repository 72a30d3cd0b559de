"""Standbys: machines that keep a copy of each job, and take it over when its coordinator is gone.

Records, clips and files of jobs come in from a coordinator; a job that another machine can serve goes out.
"""
