"""The view of the machines, and how one more joins."""

import io
from collections.abc import Callable
from itertools import chain

import segno
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.member_admin import MemberAdmin
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import StatusReply, WorkerStatus
from swarm.server.api.answers import MachineAnswer, machine_answers
from swarm.server.api.app import Api, Seen
from swarm.server.api.live_views import Pieces
from swarm.server.page.site import Memo, Site
from swarm.watch.view import title_of
from swarm.watch.words import standby_state, standby_text

CLOSE_S = 10.0  # a standby that is less far behind is shown as up to date


class SlotRow(Struct, frozen=True):
    """A slot of a machine."""

    number: int
    state: str
    doing: str  # names the book and the chapter, or says why the slot rests
    realtime: float


class MachineViews:
    """The views of machines. `join` returns the line that a new machine runs."""

    def __init__(self, site: Site, api: Api, join: Callable[[], str], members: MemberAdmin) -> None:
        self._site, self._api, self._join, self._members = site, api, join, members
        self._memo = Memo(site)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/machines", self.machines, methods=["GET"]),
            Route("/machines", self.invite, methods=["POST"]),
            Route("/live/machines", self.live_machines),
            Route("/join.svg", self.join_code),
        ]

    async def machines(self, request: Request) -> Response:
        """Show the machines."""
        return self._show(request, join="")

    async def invite(self, request: Request) -> Response:
        """Show also how a machine joins."""
        return self._show(request, join=self._join())

    def _show(self, request: Request, join: str) -> Response:
        waiting = 0 if self._members.is_open else len(self._members.list().waiting)
        return self._site.render(
            request,
            "machines.html",
            pieces=self._cards(self._api.look()),
            waiting=waiting,
            is_open=self._members.is_open,
            join=join,
        )

    async def live_machines(self, request: Request) -> Response:
        """Stream what changes of the machines."""
        return self._site.stream(request, "machines", lambda: self._cards(self._api.glance()))

    async def join_code(self, request: Request) -> Response:
        """Draw the line that joins the swarm as a QR code."""
        drawn = io.BytesIO()
        segno.make(self._join(), micro=False).save(drawn, kind="svg", scale=6, border=4, light="#fff")
        return Response(drawn.getvalue(), media_type="image/svg+xml")

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
        return self._memo.pieces(chain(machines, standbys))


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
    is_close = standby_state(standby) == "following" and (standby.lag_s or 0) < CLOSE_S
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
