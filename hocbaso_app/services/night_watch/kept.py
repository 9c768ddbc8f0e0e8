"""The files that are watched: every version of a record of this site, and every record that it received."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe
from frappe.utils import get_datetime

from hocbaso_app.services import files

VERSION, RECEIVED = files.DOCTYPE, "HBS Received Record"
MOMENT = {VERSION: "released_on", RECEIVED: "received_at"}
"""Kind of file → the field that says since when it is complete."""

UNSEALED = ("Working", "Superseded")


@dataclass(frozen=True)
class KeptFile:
    """One of them as the database holds it now. ``moment``: since when it is complete; None while it is signed."""

    doctype: str
    name: str
    unit: str
    status: str
    moment: datetime | None
    sha256: str
    data: bytes

    @property
    def complete(self) -> bool:
        """Whether every signature must be there."""
        return self.moment is not None and self.status not in UNSEALED

    @property
    def changed(self) -> bool:
        """Whether the bytes are not those of the hash beside them."""
        return hashlib.sha256(self.data).hexdigest() != self.sha256


def load(doctype: str, names: Sequence[str]) -> list[KeptFile]:
    """In the order of their names; one that is gone is left out."""
    columns = ["name", "unit", "status", "sha256", "content", MOMENT[doctype]]
    found = frappe.get_all(doctype, {"name": ("in", list(names) or [""])}, columns, order_by="name")
    return [_of(doctype, row) for row in found]


def _of(doctype: str, row: Any) -> KeptFile:
    try:
        data = base64.b64decode(row.content or "", validate=True)
    except ValueError:
        data = b""
    moment = row[MOMENT[doctype]]
    known = get_datetime(moment) if moment else None
    return KeptFile(doctype, row.name, row.unit, row.status, known, row.sha256 or "", data)
