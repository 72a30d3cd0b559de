"""What comes out of a job: audiobook and report, and where they are delivered."""
