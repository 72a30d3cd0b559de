"""The members of the swarm over HTTP: who is in, who waits; one is put out, one more is invited or no more."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.member_desk import MemberDesk
from swarm.errors import UsageError
from swarm.web.answers import InviteAnswer, InviteRequest
from swarm.web.app import JsonAnswer, read_small


class MemberAnswers:
    """The answers. To approve and to refuse are orders, as for books and machines."""

    def __init__(self, members: MemberDesk) -> None:
        self._members = members

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/api/v1/members", self.list_all),
            Route("/api/v1/members/{member}", self.remove, methods=["DELETE"]),
            Route("/api/v1/invites", self.invites, methods=["GET"]),
            Route("/api/v1/invites", self.invite, methods=["POST"]),
            Route("/api/v1/invites/{invite}", self.revoke, methods=["DELETE"]),
        ]

    async def list_all(self, request: Request) -> Response:
        """List the members, and the machines that wait."""
        return JsonAnswer(self._members.list())

    async def remove(self, request: Request) -> Response:
        """Put a member out, which is given by its name or fingerprint."""
        return JsonAnswer({"note": self._members.remove(request.path_params["member"])})

    async def invites(self, request: Request) -> Response:
        """List the open invites, without their codes."""
        return JsonAnswer(self._members.list().invites)

    async def revoke(self, request: Request) -> Response:
        """Take an open invite back, or all."""
        return JsonAnswer({"note": self._members.revoke(request.path_params["invite"])})

    async def invite(self, request: Request) -> Response:
        """Make an invite, for one machine and a time."""
        try:
            asked = msgspec.json.decode(await read_small(request) or b"{}", type=InviteRequest)
        except msgspec.MsgspecError as fault:
            raise UsageError(f"The body is no invite: {fault}.") from fault
        return JsonAnswer(new_invite(self._members, asked.for_s), 201, {"Cache-Control": "no-store"})


def new_invite(members: MemberDesk, for_s: int) -> InviteAnswer:
    """Make an invite. Raises UsageError, EnvironmentFault, StoreError."""
    code = members.invite(for_s).code
    return InviteAnswer(code, f"e2a-swarm join {code}", for_s)
