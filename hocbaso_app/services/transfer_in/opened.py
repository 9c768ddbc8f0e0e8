"""What was handed in: one record file, a printed PDF with the record inside, or a hand-over package (zip)."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import handover
from hocbaso_app.services.public.uploads import original_of

MOST_BYTES = 20 << 20
MOST_RECORDS = 60
"""In one package: a class."""


@dataclass(frozen=True)
class HandedIn:
    """One record's octets and the receipt that came with it, if any."""

    data: bytes
    receipt: bytes | None = None


def records_in(data: bytes) -> list[HandedIn]:
    """In the order of the package; :class:`HbsError` when there is none."""
    if len(data) > MOST_BYTES:
        frappe.throw(_("The file is larger than {0} MB.").format(MOST_BYTES >> 20), HbsError)
    if not data.startswith(b"PK\x03\x04"):
        try:
            return [HandedIn(original_of(data))]
        except ValueError as error:
            frappe.throw(str(error), HbsError)
    try:
        found = list(_in_package(data))
    except (zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        frappe.throw(_("The package can't be read: {0}").format(error), HbsError)
    if not found:
        frappe.throw(_("There is no {0} in this package.").format(handover.ORIGINAL_NAME), HbsError)
    return found


def _in_package(data: bytes) -> Iterator[HandedIn]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = [n for n in package.namelist() if n.rpartition("/")[2] == handover.ORIGINAL_NAME]
        if len(names) > MOST_RECORDS:
            raise ValueError(f"{len(names)} > {MOST_RECORDS}")
        for name in names:
            folder = name.rpartition("/")[0]
            yield HandedIn(original_of(_member(package, name) or b""), _receipt(package, folder))


def _member(package: zipfile.ZipFile, name: str) -> bytes | None:
    """At most 4 MB of it, whatever the package says of its size."""
    try:
        with package.open(name) as stream:
            found = stream.read((4 << 20) + 1)
    except KeyError:
        return None
    if len(found) > 4 << 20:
        raise ValueError(name)
    return found


def _receipt(package: zipfile.ZipFile, folder: str) -> bytes | None:
    """The sealed receipt, as a file of its own or, in older packages, inside the JSON."""
    start = f"{folder}/" if folder else ""
    sealed = _member(package, start + handover.RECEIPT_NAME)
    if sealed is not None:
        return sealed
    text = _member(package, f"{start}bien-nhan.json")
    try:
        facts = json.loads(text or b"{}")
        return base64.b64decode(facts[handover.RECEIPT_LABEL], validate=True)
    except (ValueError, KeyError, TypeError):
        return None
