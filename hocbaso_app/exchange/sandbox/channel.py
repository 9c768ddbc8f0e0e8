"""``ban-tin`` and ``bao-cao`` at the sandbox: it says what it was given to say, and keeps what schools said last."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from .. import bulletin, codes, upward
from ..bulletin import Bulletin
from ..receiving.accounts import Account
from ..receiving.app import Extension
from ..receiving.office import Office
from ..upward import Report, ReportError

DEPARTMENT_CODE = "31"


@dataclass
class Channel:
    """``said``: rows of every bulletin by name (windows, outages, schedules, notices); ``heard``: school → report."""

    office: Office
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    heard: dict[str, Report] = field(default_factory=dict)

    def handlers(self) -> dict[str, Extension]:
        """For :class:`~hocbaso_app.exchange.receiving.app.PortalApp`."""
        return {bulletin.EXTENSION: self.answer, upward.EXTENSION: self.hear}

    def answer(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """The bulletin of one school; there are no files here."""
        nonce = body.get("nonce")
        if not isinstance(nonce, str) or not 16 <= len(nonce) <= 64:
            raise self.office.refusal(codes.FIELD_WRONG, "nonce", "nonce")
        name = self.office.trust.registry.department
        made = Bulletin(
            issuer={"code": DEPARTMENT_CODE, "name": name, "kind": "Department"},
            school_code=account.unit,
            issued_at=self.office.now(),
            nonce=nonce,
            settings={},
            **{rows: self.said.get(rows, []) for rows in ("windows", "outages", "schedules", "notices")},
        )
        return {"bulletin": base64.b64encode(bulletin.issue(made, self.office.key)).decode()}

    def hear(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        """A school's report about itself; an older one changes nothing."""
        try:
            report = upward.read(body)
        except ReportError as error:
            raise self.office.refusal(codes.FIELD_WRONG, error.message_vi, error.message_en) from error
        if report.school_code != account.unit:
            raise self.office.refusal(codes.OTHER_UNIT)
        known = self.heard.get(account.unit)
        newest = known is None or known.moment <= report.moment
        if newest:
            self.heard[account.unit] = report
        return {"at": report.at, "newest": newest}
