"""Runs the command line from a checkout: `python cli.py convert book.epub`."""

from swarm.commands.main import main

if __name__ == "__main__":
    raise SystemExit(main())
