"""The web side of a resident coordinator: an interface for programs, events, feeds, sound and metrics.

Requests over HTTP come in, and JSON, feeds and files go out; what they do is done by server/.
"""
