"""The views of machines and members: how one more joins, who waits for approval, and an invite."""

from collections.abc import Callable
from datetime import datetime
from itertools import chain

import segno
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.machine_orders import ROLES, MemberAdmin, MemberList, MemberRow, seen_text
from swarm.errors import UsageError
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import StatusReply, WorkerStatus
from swarm.server.api.answers import InviteAnswer, MachineAnswer, machine_answers
from swarm.server.api.app import Api, Seen, names_loopback, new_invite
from swarm.server.api.live_views import Pieces
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.cli_process import OwnWorker
from swarm.server.page.site import Memo, Site, question_of
from swarm.system.machine import Clock
from swarm.system.text import clean
from swarm.watch.view import title_of
from swarm.watch.words import sleeper_text, standby_state, standby_text

CLOSE_S = 10.0  # a standby that is less far behind is shown as up to date


class SlotRow(Struct, frozen=True):
    """A slot of a machine."""

    number: int
    state: str
    doing: str  # names the book and the chapter, or says why the slot rests
    realtime: float


class Joining(Struct, frozen=True):
    """How one more machine joins, as the page shows it."""

    line: str
    drawn: str  # the line as a QR code
    link: str  # a page for that machine; "" where it would not reach this server


def joining(request: Request, line: str) -> Joining:
    """Return how the page shows the line that joins. The code stays behind the # of the link, which no server hears."""
    drawn = segno.make(line, micro=False).svg_inline(border=4, light="#fff", omitsize=True)
    host, code = request.headers.get("host", ""), line.rpartition(" ")[2]
    reaches = code.startswith("e2a-") and not names_loopback(host)
    link = f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}/join#{code}" if reaches else ""
    return Joining(line, drawn, link)


class MachineViews:
    """The views of machines. `join` returns the line that a new machine runs."""

    def __init__(
        self, site: Site, api: Api, join: Callable[[], str], members: MemberAdmin, own: OwnWorker | None = None
    ) -> None:
        self._site, self._api, self._join, self._members, self._own = site, api, join, members, own
        self._memo = Memo(site)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/machines", self.machines, methods=["GET"]),
            Route("/machines", self.invite, methods=["POST"]),
            Route("/machines/own", self.turn, methods=["POST"]),
            Route("/live/machines", self.live_machines),
            Route("/join", self.join_here),
        ]

    async def machines(self, request: Request) -> Response:
        """Show the machines."""
        return self._show(request)

    async def invite(self, request: Request) -> Response:
        """Show also how a machine joins."""
        return self._show(request, joining(request, self._join()))

    async def turn(self, request: Request) -> Response:
        """Have the server's own machine speak, or no more."""
        if self._own is None:
            raise UsageError("This form is unknown: load the page again.")
        self._own.turn(on=form_of(request).get("speak", [""])[0] == "on")
        return self._site.to("/machines")

    def _show(self, request: Request, join: Joining | None = None) -> Response:
        waiting = 0 if self._members.is_open else len(self._members.list().waiting)
        return self._site.render(
            request,
            "machines.html",
            pieces=self._cards(self._api.look()),
            waiting=waiting,
            is_open=self._members.is_open,
            join=join,
            own=self._own,
        )

    async def live_machines(self, request: Request) -> Response:
        """Stream what changes of the machines."""
        return self._site.stream(request, "machines", lambda: self._cards(self._api.glance()))

    async def join_here(self, request: Request) -> Response:
        """Tell a machine that opened the link of a code what it runs; its script reads the code, which never came."""
        return self._site.render(request, "join.html")

    def _cards(self, seen: Seen) -> Pieces:
        reply = seen[1]
        rows = zip(machine_answers(reply), reply.workers, strict=True)
        machines = (
            (f"machine-{worker.worker.encode().hex()}", "piece-machine.html", _card(machine, worker, reply))
            for machine, worker in rows
        )
        standbys = (
            (f"standby-{number}", "piece-standby.html", _standby_card(number, standby))
            for number, standby in enumerate(reply.standbys)
        )
        sleepers = (
            (f"sleeper-{n}", "piece-sleeper.html", {"number": n, "name": each.name, "state": sleeper_text(each)})
            for n, each in enumerate(reply.sleepers)
        )
        return self._memo.pieces(chain(machines, sleepers, standbys))


def _card(machine: MachineAnswer, worker: WorkerStatus, reply: StatusReply) -> dict[str, object]:
    return {
        "machine": machine,
        "number": worker.worker.encode().hex(),
        "version": worker.version,
        "sentences": worker.segments,
        "sound_s": worker.audio_s,
        "slots": _slots(worker, reply),
        "figures": worker.figures,
        "silent_s": round(worker.silent_s) if machine.state == "silent" else 0,
    }


def _standby_card(number: int, standby: StandbyStatus) -> dict[str, object]:
    is_whole = standby.books == standby.of_books
    is_close = standby_state(standby) == "following" and (standby.lag_s or 0) < CLOSE_S and is_whole
    state = "up to date" if is_close else standby_text(standby)  # a number that changes each second would be of no use
    return {"number": number, "name": standby.name, "state": state, "title": "" if is_close else standby.title}


def _slots(worker: WorkerStatus, reply: StatusReply) -> list[SlotRow]:
    jobs = {job.job: job for job in reply.jobs}
    rows = []
    for slot in worker.slots:
        job, doing = jobs.get(slot.job), slot.note
        if job and slot.state == "speaking" and slot.chapter < len(job.chapters):
            title = job.chapters[slot.chapter].title or f"chapter {slot.chapter + 1}"
            doing = f"{title_of(job)}: {title}, sentence {slot.index + 1}"
        rows.append(SlotRow(slot.slot, slot.state, doing, slot.realtime))
    return rows


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
        return self._site.render(
            request,
            "members.html",
            pieces=self._cards(known),
            known=known,
            lives=list(LIVES),
            join=joining(request, invite.command) if invite else None,
            life=life,
            roles=ROLES,
        )

    async def remove(self, request: Request) -> Response:
        """Put a member out, or ask first: scripts of the page have asked already, and send `sure`."""
        form = form_of(request)
        asked = form.get("member", [""])[0]
        member, _, others = asked.partition(" ")
        name = next((each.name for each in self._members.list().members if each.fingerprint == member), member)
        if "sure" not in form:
            name += " and those it admitted" if others else ""
            question, fields = question_of("put out", clean(name)), {"member": asked, "back": "/members"}
            return self._site.render(
                request, "question.html", question=question, fields=fields, action="/members/remove"
            )
        return self._site.told(request, self._members.remove_member(member, with_admitted=bool(others)), "/members")

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
    """Return a moment in local time."""
    return datetime.fromtimestamp(at_s).strftime("%Y-%m-%d %H:%M")
