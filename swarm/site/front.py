"""The front of the web side: one address for programs and browsers, also below a prefix."""

from starlette.types import ASGIApp, Receive, Scope, Send

FOR_PROGRAMS = ("/api/", "/metrics", "/healthz", "/feeds/")


class Front:
    """Passes requests of programs to one application and those of browsers to another.

    With a prefix it serves below it, whether or not a proxy takes the prefix away.
    """

    def __init__(self, programs: ASGIApp, browsers: ASGIApp, prefix: str = "") -> None:
        self._programs, self._browsers, self._prefix = programs, browsers, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        below = path.removeprefix(self._prefix) if path.startswith(f"{self._prefix}/") else path
        below = "/" if below == self._prefix else below
        scope = {**scope, "path": self._prefix + below, "root_path": self._prefix, "state": {}}
        scope.pop("raw_path", None)
        app = self._programs if below.startswith(FOR_PROGRAMS) else self._browsers
        await app(scope, receive, send)
