"""Second step: the key source's values arrive, once, in time, for the same signer; or the batch is given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import audit, duty, rows
from hocbaso_app.services.signing.batches import DISCARDED, DOCTYPE, EXPIRED, ITEM, PREPARED, READY, WAITING, update

LONGEST_VALUE = 1024


def add_values(batch: Any, values: Sequence[bytes]) -> None:
    """One value per waiting part, in order. Whether each is right is found when it is put into its file."""
    items = [item for item in batch.items if item.outcome == WAITING]
    if batch.status != PREPARED:
        if [item.value for item in batch.items if item.value] == [value.hex() for value in values]:
            return
        frappe.throw(_("This batch is “{0}” and takes no signatures any more.").format(_(batch.status)), HbsError)
    if now_datetime() > get_datetime(batch.expires_at):
        frappe.throw(
            _("The signatures came too late: the batch was open until {0}. Nothing was signed; sign again.").format(
                frappe.utils.format_datetime(batch.expires_at)
            ),
            HbsError,
        )
    if len(values) != len(items):
        frappe.throw(
            _("The signing service returned {0} values for {1} parts. Nothing was signed; sign again.").format(
                len(values), len(items)
            ),
            HbsError,
        )
    if any(not 0 < len(value) <= LONGEST_VALUE for value in values):
        frappe.throw(_("The signing service returned something that is no signature."), HbsError)
    _require_signer_still(batch)
    for item, value in zip(items, values, strict=True):
        item.value = value.hex()
    batch.status, batch.ready_at = READY, now_datetime()
    rows.update_each(ITEM, "value", {item.name: item.value for item in items})
    update(DOCTYPE, batch.name, status=batch.status, ready_at=batch.ready_at)


def own(name: str) -> Any:
    """The signer's own batch, locked; nobody else goes on with it or gives it up."""
    batch = frappe.get_doc(DOCTYPE, name, for_update=True)
    if batch.signer != frappe.session.user:
        frappe.throw(_("This confirmation is somebody else's."), NotYoursError)
    return batch


def discard(name: str, reason: str | None = None) -> None:
    """The signer gives up a batch that never got its values; it stays on record."""
    batch = own(name)
    if batch.status != PREPARED:
        frappe.throw(
            _("This batch is “{0}”: its signatures are made and can't be taken back here.").format(_(batch.status)),
            HbsError,
        )
    _close(batch, DISCARDED, reason or _("Given up by the signer."))


def expire() -> list[str]:
    """Close prepared batches whose time is over; names of those closed."""
    late = {"status": PREPARED, "expires_at": ("<", now_datetime())}
    names = frappe.get_all(DOCTYPE, late, pluck="name", order_by="name")
    for name in names:
        batch = frappe.get_doc(DOCTYPE, name, for_update=True)
        if batch.status == PREPARED:
            _close(batch, EXPIRED, _("No signatures came in time."))
    return list(names)


def _close(batch: Any, status: str, reason: str) -> None:
    update(DOCTYPE, batch.name, status=status, closed_reason=reason[:250])
    audit.write("signing given up", DOCTYPE, batch.name, batch.unit, {"status": status, "reason": reason[:250]})


def _require_signer_still(batch: Any) -> None:
    staff = duty.staff_of(batch.signer, batch.unit)
    approved = frappe.db.get_value("HBS Certificate", batch.certificate, "status") == "Approved"
    if staff.name != batch.staff or not approved:
        frappe.throw(
            _("The certificate of this batch may not be used any more. Nothing was signed; sign again."), NotYoursError
        )
