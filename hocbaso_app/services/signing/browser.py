"""Keys behind a program on the signer's own machine: his page fetches the hashes and brings the values."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services.key_sources import describe
from hocbaso_app.services.signing import values as values_of
from hocbaso_app.services.signing.batches import open_items


def parts(name: str) -> dict[str, Any]:
    """Of the user's own batch: its certificate and, for each part that lacks a value, the hash to be signed."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from hocbaso_app.signing.sign import Prepared

    batch = values_of.own(name)
    values_of.require_open(batch)
    certificate = describe.x509(describe.row_of(batch.certificate)).public_bytes(Encoding.DER)
    hashes = [(item.name, hashlib.sha256(Prepared.from_json(item.prepared).to_be_signed)) for item in open_items(batch)]
    return {
        "certificate": base64.b64encode(certificate).decode(),
        "parts": [{"part": part, "hash": base64.b64encode(found.digest()).decode()} for part, found in hashes],
    }


def take(name: str, values: Mapping[str, bytes]) -> dict[str, Any]:
    """Right values of the user's own batch are kept at once; a sentence when one is not its certificate's."""
    if any(not 0 < len(value) <= values_of.LONGEST_VALUE for value in values.values()):
        frappe.throw(_("The signing service returned something that is no signature."), HbsError)
    taken, wrong = values_of.take(values_of.own(name), values)
    problem = None
    if wrong:
        text = _("{0} signatures are not of the certificate chosen here. Plug in the right device, then go on.")
        problem = str(text.format(len(wrong)))
    return {"taken": taken, "wrong": wrong, "problem": problem}
