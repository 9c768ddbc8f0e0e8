"""What a batch still lacks goes on in another one: another key, another way, another device. What it has is kept."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import audit, rows
from hocbaso_app.services.signing import asking
from hocbaso_app.services.signing.batches import (
    CONTINUED,
    DISCARDED,
    DOCTYPE,
    IN_HAND,
    ITEM,
    PARTLY_DONE,
    PREPARED,
    open_items,
    update,
)
from hocbaso_app.services.signing.prepare import open_batch
from hocbaso_app.services.signing.values import own


def go_on(name: str, certificate: str, device: str | None = None) -> tuple[Any, list[bytes]]:
    """Prepare the open parts of the user's own batch anew, as ``open_batch`` does; where that fails nothing changes.

    A question that still waits on a phone is forgotten: an answer that comes later signs nothing.
    """
    batch = own(name)
    left = open_items(batch)
    if batch.status not in (PREPARED, *IN_HAND) or not left:
        frappe.throw(_("No part of this batch waits for a signature any more. Load the list again."), HbsError)
    asking.withdraw(name)
    records = list(dict.fromkeys(item.record for item in left))
    new, to_be_signed = open_batch(batch.stage, records, certificate, device=device, continues=name)
    told = {"outcome": CONTINUED, "message": str(_("Goes on in {0}.").format(new.name)), "next_step": None}
    rows.update(ITEM, [item.name for item in left], told)
    if batch.status == PREPARED:
        reason = str(_("Went on in {0} with another key or on another device.").format(new.name))
        update(DOCTYPE, name, status=PARTLY_DONE if batch.signed else DISCARDED, closed_reason=reason)
    facts = {"continued as": new.name, "parts": len(left)}
    audit.write("signing goes on elsewhere", DOCTYPE, name, batch.unit, facts)
    return new, to_be_signed
