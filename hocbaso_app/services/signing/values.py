"""Second step: the key source's values arrive, once, in time, for the same signer; or the batch is given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import audit, duty, own_hands, rows
from hocbaso_app.services.signing.batches import (
    DISCARDED,
    DOCTYPE,
    EXPIRED,
    IN_HAND,
    ITEM,
    PARTLY_DONE,
    PREPARED,
    READY,
    open_items,
    update,
)

LONGEST_VALUE = 1024


def add_values(batch: Any, values: Sequence[bytes]) -> None:
    """One value per waiting part, in order. Whether each is right is found when it is put into its file."""
    items = open_items(batch)
    if batch.status != PREPARED:
        if [item.value for item in batch.items if item.value] == [value.hex() for value in values]:
            return
        frappe.throw(_("This batch is “{0}” and takes no signatures any more.").format(_(batch.status)), HbsError)
    _require_in_time(batch)
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
    _keep(batch, {item.name: value for item, value in zip(items, values, strict=True)})


def take(batch: Any, values: Mapping[str, bytes]) -> tuple[int, list[str]]:
    """Values of some parts, by the part's name, as they come; how many are new, and the parts whose value is wrong.

    Each is verified with the batch's certificate first, so a wrong one leaves its part waiting. A part keeps the first
    right value: a second device that signed the same part changes nothing.
    """
    from hocbaso_app.services.key_sources import describe
    from hocbaso_app.signing.keys.values import right_value
    from hocbaso_app.signing.sign import Prepared

    items = {item.name: item for item in open_items(batch) if item.name in values}
    if not items:
        return 0, []
    require_open(batch)
    certificate = describe.x509(describe.row_of(batch.certificate))
    right: dict[str, bytes] = {}
    for name, item in items.items():
        value = right_value(certificate, Prepared.from_json(item.prepared).to_be_signed, values[name])
        if value is not None:
            right[name] = value
    if right:
        _keep(batch, right)
    return len(right), [name for name in items if name not in right]


def require_open(batch: Any) -> None:
    """The batch still takes values, and its signer and certificate may still sign."""
    if batch.status not in (PREPARED, *IN_HAND):
        frappe.throw(_("This batch is “{0}” and takes no signatures any more.").format(_(batch.status)), HbsError)
    _require_in_time(batch)
    _require_signer_still(batch)


def _keep(batch: Any, values: Mapping[str, bytes]) -> None:
    for item in batch.items:
        if item.name in values:
            item.value = values[item.name].hex()
    batch.status, batch.ready_at = READY, now_datetime()
    rows.update_each(ITEM, "value", {name: value.hex() for name, value in values.items()})
    update(DOCTYPE, batch.name, status=batch.status, ready_at=batch.ready_at)


def _require_in_time(batch: Any) -> None:
    if now_datetime() > get_datetime(batch.expires_at):
        frappe.throw(
            _("The signatures came too late: the batch was open until {0}. Nothing was signed; sign again.").format(
                frappe.utils.format_datetime(batch.expires_at)
            ),
            HbsError,
        )


def own(name: str) -> Any:
    """The signer's own batch, locked; nobody else goes on with it or gives it up."""
    own_hands.require_own_session()
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
    """What is signed of it stays signed; only the rest is given up."""
    status = PARTLY_DONE if batch.signed else status
    update(DOCTYPE, batch.name, status=status, closed_reason=reason[:250], ticket=None, asked_until=None)
    audit.write("signing given up", DOCTYPE, batch.name, batch.unit, {"status": status, "reason": reason[:250]})


def _require_signer_still(batch: Any) -> None:
    staff = duty.staff_of(batch.signer, batch.unit)
    approved = frappe.db.get_value("HBS Certificate", batch.certificate, "status") == "Approved"
    if staff.name != batch.staff or not approved:
        frappe.throw(
            _("The certificate of this batch may not be used any more. Nothing was signed; sign again."), NotYoursError
        )
