"""The page: what the queue and the machines of a swarm do, in a browser.

Requests of browsers come in, HTML goes out, over the same answers as the interface for programs.
"""
