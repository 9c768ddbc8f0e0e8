"""HBS Daily Root: how roots are kept on this site, its own and those that schools sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exchange.roots.statement import KeptRoot
from hocbaso_app.services import convert, states

DOCTYPE = "HBS Daily Root"
OWN, SENT = "This site", "Sent by the school"
_CONTENT = ["name", "statement", "leaves", "receipt", "received_at", "sha256", "number"]


def kept_of(row: Any) -> KeptRoot:
    """Statement and list of a row; of a damaged one what is left, so that reading it says so."""
    return KeptRoot(_octets(row.statement), _octets(row.leaves))


def _octets(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except ValueError:
        return b""


def rows_of(unit: str, source: str) -> Iterator[Any]:
    """In the order in which they were made or came, one after the other: each may be large."""
    names = frappe.get_all(DOCTYPE, {"unit": unit, "source": source}, pluck="name", order_by="name")
    for name in names:
        row = frappe.db.get_value(DOCTYPE, name, _CONTENT, as_dict=True)
        if row:
            yield row


def of(unit: str, source: str) -> Iterator[KeptRoot]:
    """The same as roots."""
    for row in rows_of(unit, source):
        yield kept_of(row)


def keep(kept: KeptRoot, source: str, *, receipt: bytes = b"", received_at: Any = None) -> str:
    """A new row; what the statement says also stands in columns for people."""
    from hocbaso_app.signing.identity import common_name

    claims = kept.claims
    doc = frappe.new_doc(DOCTYPE)
    values = ("unit", "number", "root", "previous", "files", "entries", "total")
    doc.update({name: getattr(claims, name) for name in values})
    with states.in_vietnamese():
        day = frappe.utils.formatdate(claims.day, "d/M/yyyy")
        doc.title = _("Root {0} of {1}").format(claims.number, day)
    doc.update({"day": claims.day, "at": convert.desk_time(claims.moment), "source": source, "sha256": kept.sha256})
    if kept.certificate is not None:
        doc.sealed_by = common_name(kept.certificate)[:200]
    doc.statement, doc.leaves = (base64.b64encode(part).decode() for part in (kept.statement, kept.leaves))
    doc.receipt = base64.b64encode(receipt).decode() or None
    doc.received_at = received_at
    own = str(claims.number) if source == OWN else kept.sha256
    doc.root_key = f"{source}:{claims.unit}:{own}"
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, ignore_links=True)
    return str(doc.name)
