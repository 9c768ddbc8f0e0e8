"""The officer's desk: decisions about certificates and recalls, and faults to switch. Each officer has a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest, NotFound, Unauthorized

from ..receiving.accounts import same
from .faults import Fault, Faults
from .portal import Portal

ONE_OFFICER = "Cán bộ (thử nghiệm)"


class Desk:
    """``officers``: token → name, or the token of the only officer. Who decides is whose token it is."""

    def __init__(self, portal: Portal, officers: Mapping[str, str] | str, faults: Faults) -> None:
        """At one portal."""
        self._portal = portal
        self._faults = faults
        self._officers = {officers: ONE_OFFICER} if isinstance(officers, str) else dict(officers)

    def officer(self, token: str) -> str:
        """The name behind a token; 401 for a wrong one."""
        names = [name for known, name in self._officers.items() if same(known, token)]
        if not names:
            raise Unauthorized
        return names[0]

    def act(self, officer: str, action: str, body: dict[str, Any]) -> None:
        """One action; 400 for missing fields, 404 for an unknown action, else what the portal raises."""
        try:
            if action == "duyet-chung-thu":
                self._portal.decide_certificate(
                    str(body["messageid"]), approve=_yes(body), by=officer, note=str(body.get("ly_do", ""))
                )
            elif action == "duyet-thu-hoi":
                self._portal.decide_recall(
                    str(body["messageid"]),
                    str(body["ma_tra_cuu_uuid"]),
                    approve=_yes(body),
                    by=officer,
                    note=str(body.get("ly_do", "")),
                )
            elif action == "loi":
                self._faults.switch(Fault(str(body["ten"])), int(body.get("so_lan", 1)))
            else:
                raise NotFound
        except (KeyError, ValueError, TypeError) as error:
            raise BadRequest(f"missing or wrong field: {error}") from error


def _yes(body: dict[str, Any]) -> bool:
    if not isinstance(body["duyet"], bool):
        raise ValueError("duyet")
    return body["duyet"]
