"""The view of the members: who is in the swarm, who waits for approval, and an invite for one more machine."""

from datetime import datetime

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.member_admin import MemberAdmin, MemberList, MemberRow, seen_text
from swarm.errors import UsageError
from swarm.server.api.answers import InviteAnswer
from swarm.server.api.app import new_invite
from swarm.server.api.live_views import Pieces
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.site import Memo, Site, question_of
from swarm.system.machine import Clock
from swarm.system.text import clean

HERE_S = 90  # a member that was heard of within so long is here
MINUTE_S = 60
LIVES = {"15 minutes": 900, "an hour": 3600, "a day": 24 * 3600}  # users choose an invite's time from these


class MemberViews:
    """The views of members."""

    def __init__(self, site: Site, members: MemberAdmin, clock: Clock) -> None:
        self._site, self._members, self._clock = site, members, clock
        self._memo = Memo(site)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/members", self.members, methods=["GET"]),
            Route("/members", self.invite, methods=["POST"]),
            Route("/members/remove", self.remove, methods=["POST"]),
            Route("/members/take-back", self.take_back, methods=["POST"]),
            Route("/live/members", self.live_members),
        ]

    async def members(self, request: Request) -> Response:
        """Show who is in the swarm."""
        return self._show(request)

    async def invite(self, request: Request) -> Response:
        """Make an invite and show it."""
        asked = form_of(request).get("for", [""])[0]
        if asked not in LIVES:
            raise UsageError("This form is unknown: load the page again.")
        return self._show(request, new_invite(self._members, LIVES[asked]), asked)

    def _show(self, request: Request, invite: InviteAnswer | None = None, life: str = "") -> Response:
        known = self._members.list()
        drawn = segno.make(invite.command, micro=False).svg_inline(scale=6, border=4, light="#fff") if invite else ""
        return self._site.render(
            request,
            "members.html",
            pieces=self._cards(known),
            known=known,
            lives=list(LIVES),
            invite=invite,
            life=life,
            drawn=drawn,
        )

    async def remove(self, request: Request) -> Response:
        """Put a member out, or ask first: scripts of the page have asked already, and send `sure`."""
        form = form_of(request)
        member = form.get("member", [""])[0]
        name = next((each.name for each in self._members.list().members if each.fingerprint == member), member)
        if "sure" not in form:
            question, fields = question_of("put out", clean(name)), {"member": member, "back": "/members"}
            return self._site.render(
                request, "question.html", question=question, fields=fields, action="/members/remove"
            )
        return self._site.told(request, self._members.remove(member), "/members")

    async def take_back(self, request: Request) -> Response:
        """Take an open invite back."""
        return self._site.told(request, self._members.revoke(form_of(request).get("invite", [""])[0]), "/members")

    async def live_members(self, request: Request) -> Response:
        """Stream what changes of the members."""
        return self._site.stream(request, "members", lambda: self._cards(self._members.list()))

    def _cards(self, known: MemberList) -> Pieces:
        shown: list[tuple[str, str, dict[str, object]]] = [
            (f"waits-{each.fingerprint}", "piece-applicant.html", {"machine": each}) for each in known.waiting
        ]
        for each in known.members:
            shown.append((f"member-{each.fingerprint}", "piece-member.html", self._card(each, known)))
        for invite in known.invites:
            moments = {"made": _moment(invite.made_s), "until": _moment(invite.until_s)}
            shown.append((f"invite-{invite.invite}", "piece-invite.html", {"name": invite.invite, **moments}))
        return self._memo.pieces(shown)

    def _card(self, member: MemberRow, known: MemberList) -> dict[str, object]:
        return {
            "member": member,
            "since": datetime.fromtimestamp(member.since_s).strftime("%Y-%m-%d"),
            "seen": self._seen(member),
            "can_remove": known.is_owner and not member.this_machine,
        }

    def _seen(self, member: MemberRow) -> str:
        """Return when a member was last heard of, in words that are not others each second."""
        now = self._clock.now()
        if member.seen_s is not None and not member.this_machine and now - member.seen_s < HERE_S:
            return "now"
        return seen_text(member, now - now % MINUTE_S)


def _moment(at_s: int) -> str:
    """Return a moment in local time; an older e2a-swarm did not note when it made an invite."""
    return datetime.fromtimestamp(at_s).strftime("%Y-%m-%d %H:%M") if at_s else "-"
