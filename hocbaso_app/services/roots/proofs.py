"""Proof for one record that it stood under a daily root; and whether a root on the desk is right."""

from __future__ import annotations

import base64
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.roots import proof, receipts
from hocbaso_app.exchange.roots.statement import KeptRoot, sealer
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import files, trust
from hocbaso_app.services.channel import authority
from hocbaso_app.services.roots import book, present


def of_record(name: str) -> tuple[bytes, str]:
    """The proof for the current file of an HBS Record and a name for it; by who may read the record."""
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    if not doc.current_version:
        frappe.throw(_("This record has no file yet."), HbsError)
    unit = frappe.db.get_value(files.DOCTYPE, doc.current_version, "unit")
    return _proof(unit, doc.current_version), f"{doc.record_code}.goc"


def of_received(name: str) -> tuple[bytes, str]:
    """The same for a received record."""
    frappe.get_doc(present.RECEIVED_RECORD, name).check_permission("read")
    return _proof(authority.unit() or "", name), f"{name}.goc"


def _proof(unit: str, file: str) -> bytes:
    names = frappe.get_all(
        book.DOCTYPE, {"unit": unit, "source": book.OWN, "files": (">", 0)}, pluck="name", order_by="name desc"
    )
    for name in names:
        row = frappe.db.get_value(book.DOCTYPE, name, ["statement", "leaves", "receipt"], as_dict=True)
        kept = book.kept_of(row)
        try:
            leaf = next((leaf for leaf in kept.listed.files if leaf.name == file), None)
            if leaf is not None:
                return proof.prove(kept, leaf, base64.b64decode(row.receipt or "")).to_bytes()
        except HocBaSoError as error:
            frappe.throw(error.message_vi, HbsError)
    frappe.throw(_("No daily root has this file yet; the next one is made tonight."), HbsError)
    raise AssertionError


def view(name: str) -> list[dict[str, Any]]:
    """Sentences for the form: list, place in the row, seal, receipt; each right or not."""
    doc = frappe.get_doc(book.DOCTYPE, name)
    doc.check_permission("read")
    kept = book.kept_of(doc)
    return [_line(*check) for check in (_list(kept), _chain(doc, kept), _seal(kept), _receipt(doc, kept))]


def _line(state: str, text: str) -> dict[str, Any]:
    return {"state": state, "text": text}


def _list(kept: KeptRoot) -> tuple[str, str]:
    try:
        kept.check()
    except HocBaSoError as error:
        return "wrong", error.message_vi
    return "right", _("The list leads to the root: {0} files, {1} audit entries.").format(
        kept.claims.files, kept.claims.entries
    )


def _chain(doc: Any, kept: KeptRoot) -> tuple[str, str]:
    if kept.sha256 != doc.sha256:
        return "wrong", _("The kept daily root or its list was changed.")
    if not doc.previous:
        return "right", _("The first root of this unit.")
    before = {"unit": doc.unit, "source": doc.source, "sha256": doc.previous}
    if frappe.db.exists(book.DOCTYPE, before):
        return "right", _("It follows the root before it.")
    return "wrong", _("The daily root does not follow the one before it: the row was rewritten or put back.")


def _seal(kept: KeptRoot) -> tuple[str, str]:
    from hocbaso_app.signing.identity import common_name

    try:
        certificate = sealer(kept, trust.store())
    except HocBaSoError as error:
        return "wrong", error.message_vi
    if certificate is None:
        return "open", _("No seal: this site has no key of the unit that works without a person.")
    return "right", _("Sealed with the certificate of {0}.").format(common_name(certificate))


def _receipt(doc: Any, kept: KeptRoot) -> tuple[str, str]:
    if not doc.receipt:
        text = _("The authority has not confirmed it yet.")
        return "open", f"{text} {doc.problem or ''}".strip()
    try:
        said = receipts.read(base64.b64decode(doc.receipt), trust.store())
    except (HocBaSoError, ValueError):
        return "wrong", _("The receipt is not sealed by the authority.")
    if said.sha256 != kept.sha256:
        return "wrong", _("The receipt is of another root.")
    return "right", _("The authority confirmed it at {0}.").format(frappe.utils.format_datetime(doc.received_at))
