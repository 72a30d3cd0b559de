"""What a coordinator keeps on its disk: jobs, journals, clips, files."""
