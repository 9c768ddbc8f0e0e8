"""The principal answers a pattern once, in his own words; from then on office and auditor read both."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions import patterns
from hocbaso_app.services import audit, officers, own_hands, states
from hocbaso_app.services.patterns.finding import DOCTYPE, LINK

LEAST = 10
"""Letters; “ok” is no answer."""


def answer(name: str, comment: str) -> None:
    """By the principal of the school."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    own_hands.require_own_session()
    if doc.unit not in patterns.led_by(frappe.session.user):
        frappe.throw(_("Only the school's principal answers."), NotYoursError)
    if doc.commented_at:
        frappe.throw(_("This was answered already."), HbsError)
    text = (comment or "").strip()
    if len(text) < LEAST:
        frappe.throw(_("Write in a sentence what you found out; office and auditor read it."), HbsError)
    now = now_datetime().replace(microsecond=0)
    doc.update({"comment": text[:2000], "commented_by": frappe.session.user, "commented_at": now})
    doc.open_from = min(get_datetime(doc.open_from), now)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    audit.write("signing pattern answered", DOCTYPE, doc.name, doc.unit, {"comment": text[:2000]})
    with states.in_vietnamese():
        place = frappe.db.get_value("HBS Unit", doc.unit, "unit_name")
        subject = _("{0}: the principal answered about a pattern in the signing").format(place)
    officers.tell(officers.above(doc.unit), subject, DOCTYPE, doc.name, frappe.utils.escape_html(text), LINK)


def rows() -> list[dict[str, Any]]:
    """The report: what the user may see, the heaviest first."""
    columns = ["name", "unit", "kind", "weight", "sentence", "people", "first_at", "last_at", "answer_until", "comment"]
    columns += ["commented_by", "open_from", "concerns_principal"]
    found = frappe.get_list(DOCTYPE, fields=columns, order_by="weight desc, first_at desc", limit_page_length=0)
    return [{**row, "kind": _(row.kind), "answered": int(bool(row.comment))} for row in found]
