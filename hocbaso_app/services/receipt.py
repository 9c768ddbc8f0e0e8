"""The city database's receipt for a released file, as far as the connector keeps one on this site."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import convert, trust

SUBMISSION = "HBS Submission"
LINES = (("Số biên nhận", "receipt_number"), ("Tiếp nhận lúc", "received_at"))
"""Label on the print → field of the submission."""


def of(version: str) -> Any:
    """The newest submission of a file that has a receipt, or ``None``."""
    wanted = {"version": version, "receipt_number": ("is", "set")}
    names = frappe.get_all(SUBMISSION, wanted, pluck="name", order_by="creation desc, name desc", limit=1)
    return frappe.get_doc(SUBMISSION, names[0]) if names else None


def lines(version: str) -> dict[str, str]:
    """What a print says of the receipt; empty without one."""
    found = of(version)
    return {label: _text(found.get(field)) for label, field in LINES if found.get(field)} if found else {}


def link(version: str) -> str | None:
    """Where anybody can look the record up."""
    found = of(version)
    return (found.lookup_link or None) if found else None


def file(name: str) -> tuple[bytes, str]:
    """The sealed receipt of a record's current file, verified once more, and a name for it; by who may read it."""
    from hocbaso_app.services import submit

    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    found = of(doc.current_version) if doc.current_version else None
    if found is None or not found.receipt:
        frappe.throw(_("There is no receipt for this record yet."), HbsError)
        raise AssertionError
    submit.verified(found.receipt, doc.current_version)
    return base64.b64decode(found.receipt), f"bien-nhan-{found.receipt_number}.cose"


def qr(link: str) -> str:
    """The look-up link as SVG, as it stands on the prints."""
    from hocbaso_app.print_formats import qr as core

    return core.svg(link)


def wrong() -> Iterator[tuple[str, str, str]]:
    """Submissions whose receipt does not prove their file any more: name, unit, why; all of them, page by page."""
    row, version = frappe.qb.DocType(SUBMISSION), frappe.qb.DocType("HBS Record Version")
    query = frappe.qb.from_(row).left_join(version).on(version.name == row.version)
    query = query.where(row.receipt_number.isnotnull()).select(
        row.name, row.unit, row.receipt, row.receipt_number, version.record_code, version.sha256
    )
    query, last = query.orderby(row.name).limit(AT_ONCE), ""
    while found := query.where(row.name > last).run(as_dict=True):
        for entry in found:
            why = _why_wrong(entry)
            if why:
                yield entry.name, entry.unit, why
        last = found[-1].name


AT_ONCE = 500
"""Receipts held in memory while all are looked through."""


def _why_wrong(row: Any) -> str | None:
    from hocbaso_app.exchange import receipts

    try:
        said = receipts.read(base64.b64decode(row.receipt or ""), trust.store())
    except (HocBaSoError, ValueError):
        return _("The receipt {0} is not sealed by the authority.").format(row.receipt_number)
    if said.number != row.receipt_number:
        return _("The receipt says number {0}, the desk {1}.").format(said.number, row.receipt_number)
    if (said.record_code, said.sha256, said.decision) != (row.record_code, row.sha256, receipts.APPROVED):
        return _("The receipt {0} is not about this file.").format(row.receipt_number)
    return None


def _text(value: Any) -> str:
    """Moments as the core's prints read them: ISO with the site's zone."""
    return convert.instant(value) if isinstance(value, datetime) else str(value)
