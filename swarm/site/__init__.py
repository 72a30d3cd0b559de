"""The page: what the queue and the machines of a swarm do, in a browser."""
