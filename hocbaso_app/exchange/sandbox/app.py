"""The sandbox over HTTP: the receiving side's portal with faults to switch and an officer's desk."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from .. import codes
from ..errors import RefusedError
from ..receiving.accounts import Account
from ..receiving.app import Extension, bearer_of, json_of
from ..receiving.app import PortalApp as ReceivingApp
from ..receiving.public import page, reply
from ..reconciliation.handlers import Reconciliation
from ..roots.handlers import RootDesk
from ..transactions import to_json
from .channel import Channel
from .desk import Desk
from .desk_page import DESK_PAGE
from .faults import Fault, Faults
from .portal import Portal
from .roots import Roots
from .sessions import SESSION_SECONDS, Login, Sessions

__all__ = ["Login", "PortalApp"]


class PortalApp(ReceivingApp):
    """``officers``: token → name of each officer, or the token of the only one."""

    title = "Cổng tiếp nhận học bạ số (thử nghiệm)"
    note = "Cổng thử nghiệm – không có giá trị pháp lý"
    portal: Portal

    def __init__(
        self,
        portal: Portal,
        logins: Iterable[Login],
        officers: Mapping[str, str] | str,
        faults: Faults,
        session_seconds: float = SESSION_SECONDS,
        extensions: Mapping[str, Extension] | None = None,
    ) -> None:
        """One portal, its accounts and its faults; ``session_seconds``: how long a log-in lasts."""
        self.faults = faults
        self.sessions = Sessions(logins, session_seconds)
        self._desk = Desk(portal, officers, faults)
        self.channel = Channel(portal.office)
        self.roots = Roots()
        own = Reconciliation(portal.office).handlers() | self.channel.handlers()
        own |= RootDesk(portal.office, self.roots).handlers()
        super().__init__(portal, self.sessions, {**own, **(extensions or {})})

    def rules(self) -> list[Rule]:
        """Also the officer's desk."""
        return [
            *super().rules(),
            Rule("/can-bo", endpoint=self._desk_page, methods=["GET"]),
            Rule("/can-bo/cho-quyet-dinh", endpoint=self._waiting, methods=["GET"]),
            Rule("/can-bo/<action>", endpoint=self._officer, methods=["POST"]),
            Rule("/", endpoint=self._home, methods=["GET"]),
        ]

    def submit(self, account: Account, message_id: str, content: str) -> Response:
        """Transaction 1, with whatever is to go wrong."""
        faults = self.faults
        if faults.take(Fault.SERVER_ERROR):
            return Response(status=500)
        if faults.take(Fault.REFUSE):
            raise self.portal.office.refusal(codes.CLOSED)
        if faults.take(Fault.TIMEOUT_BEFORE_STORE):
            time.sleep(faults.hang_seconds)
            return Response(status=503)
        if faults.take(Fault.SLOW):
            time.sleep(faults.slow_seconds)
        answer = self.portal.submit(account.unit, message_id, content)
        if faults.take(Fault.DUPLICATE):
            answer = self.portal.submit(account.unit, message_id, content)
        if faults.take(Fault.TIMEOUT_AFTER_STORE):
            time.sleep(faults.hang_seconds)
        if faults.take(Fault.ERROR_AFTER_STORE):
            return Response(status=500)
        if faults.take(Fault.WRONG_ANSWER):
            return reply({"MessageId": "khac", "Error": 7})
        return reply(to_json(answer))

    def query_submission(self, account: Account, message_id: str) -> Response:
        """Transaction 2, unless it is to get lost."""
        if self.faults.take(Fault.LOST_QUERY):
            return Response(status=503)
        return super().query_submission(account, message_id)

    def _home(self, request: Request) -> Response:
        about = "Không có giá trị pháp lý. Tra cứu: /tra-cuu/mã-học-bạ. Bàn cán bộ: /can-bo"
        return page(self.title, about, note=self.note)

    def _desk_page(self, request: Request) -> Response:
        return Response(DESK_PAGE, mimetype="text/html")

    def _waiting(self, request: Request) -> Response:
        self._desk.officer(bearer_of(request))
        return reply(self.portal.waiting())

    def _officer(self, request: Request, action: str) -> Response:
        officer = self._desk.officer(bearer_of(request))
        try:
            self._desk.act(officer, action, json_of(request))
        except RefusedError as error:
            return reply({"Error": error.code, "ErrorDescription": error.message_vi}, 409)
        accepted = self.portal.codes.code(codes.ACCEPTED)
        return reply({"Error": accepted.code, "ErrorDescription": accepted.message_vi})
