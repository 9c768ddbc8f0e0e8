"""What the authority says of a record that somebody handed in: its receipt, and whether it is in force today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import frappe

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import connector, trust
from hocbaso_app.services.public import codes
from hocbaso_app.services.receiving import settings

if TYPE_CHECKING:
    from hocbaso_app.exchange.status_list import StatusList
    from hocbaso_app.record.document import Document

IN_FORCE, RECALLED, UNKNOWN = "In force", "Recalled", "Not known"


@dataclass(frozen=True)
class Standing:
    """``receipt_number``: of a receipt that proves this very file; ``replaced_by``: where it was recalled."""

    force: str
    receipt_number: str = ""
    received_at: str = ""
    replaced_by: str = ""


def of(document: Document, receipt: bytes | None, unit: str) -> Standing:
    """From the receipt that came along, and the books or the status list of the authority."""
    number, received_at = _proved(document, receipt)
    code = document.record.general.record_code
    if settings.is_on():
        row = codes.row_of(code)
        if row is not None and row.sha256 == document.sha256:
            found = codes.of_code(code)
            force = RECALLED if row.status == "Recalled" else IN_FORCE
            return Standing(force, number, codes.moment_of(row.received_at), found.replaced_by)
    listed = _listed(unit, document.record.general.school_year)
    if listed is None:
        return Standing(UNKNOWN, number, received_at)
    if code in listed.recalled:
        return Standing(RECALLED, number, received_at, listed.replaced.get(code, ""))
    return Standing(IN_FORCE if number else UNKNOWN, number, received_at)


def _proved(document: Document, receipt: bytes | None) -> tuple[str, str]:
    from hocbaso_app.exchange import receipts

    if not receipt:
        return "", ""
    try:
        said = receipts.read(receipt, trust.store())
    except HocBaSoError:
        return "", ""
    own = (document.record.general.record_code, document.sha256, receipts.APPROVED)
    return (said.number, said.received_at) if (said.record_code, said.sha256, said.decision) == own else ("", "")


def _listed(unit: str, school_year: str) -> StatusList | None:
    """The authority's status list, asked for now; ``None`` when it can't be had or is not the authority's."""
    from hocbaso_app.exchange import status_list
    from hocbaso_app.exchange.recalls import STATUS_LIST_PATH

    if not connector.is_on() or not frappe.db.exists(connector.ACCOUNT, unit):
        return None
    try:
        return status_list.read(connector.client(unit, school_year).get(STATUS_LIST_PATH), trust.store())
    except (HocBaSoError, HbsError):
        frappe.clear_last_message()
        return None
