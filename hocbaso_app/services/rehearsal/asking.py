"""A harmless question to each key's place: is the file there, does the service answer and still have the certificate.

Nothing is signed and no PIN is used. A person's own computer can't be asked; there the test signature counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import key_sources, keys
from hocbaso_app.services.key_sources import kinds

ANSWERED = frozenset({"PIN_WRONG", "OTP_NEEDED", "OTP_WRONG", "PIN_NEEDED"})
"""Answers of a service that is there and only wants its signer."""


@dataclass(frozen=True)
class Fault:
    """What a key's place said instead of its certificate."""

    code: str
    text: str
    todo: str


class Answers:
    """Asks each place once; a service that did not answer is not asked for the next signer again."""

    def __init__(self, ask: bool) -> None:
        self._ask = ask
        self._silent: dict[str, Fault] = {}
        self.services: dict[str, Fault | None] = {}

    def of(self, row: Any) -> Fault | None:
        """What speaks against an HBS Certificate's place; None when it answered, or can't be asked."""
        if row.key_source == kinds.PKCS12:
            return self._file(row)
        if not self._ask or row.key_source not in kinds.OF_SERVICE:
            return None
        if row.service in self._silent:
            return self._silent[row.service]
        fault = self._service(row)
        if fault and fault.code == "SERVICE_UNREACHABLE":
            self._silent[row.service] = fault
        self.services[row.service] = fault
        return fault

    def _file(self, row: Any) -> Fault | None:
        try:
            keys.path_of(row.sha256)
        except HbsError as error:
            frappe.clear_last_message()
            return Fault("KEY_GONE", str(error), _("Enrol the key file again."))
        return None

    def _service(self, row: Any) -> Fault | None:
        from hocbaso_app.signing.keys import KeySourceError, Secrets

        try:
            source = key_sources.open(row.name, Secrets())
            look = getattr(type(source), "check", None)  # services are asked by it, tokens were by opening them
            if look:
                look(source)
        except KeySourceError as error:
            if error.code in ANSWERED:
                return None
            return Fault(error.code, error.message_vi, _("Ask the provider, or use another way to sign meanwhile."))
        except HbsError as error:
            frappe.clear_last_message()
            return Fault("SERVICE_UNREACHABLE", str(error), _("Ask the administrator."))
        return None
