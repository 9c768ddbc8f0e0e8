"""The sending of a school was stopped: by whom, why, from when until when (QĐ Điều 5.k1)."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSQueueHold(EvidenceDocument):
    """Written by ``services.holds`` when it begins and once more when it ends."""

    def validate(self) -> None:
        """How it began never changes; it ends once."""
        before = self.get_doc_before_save()
        fixed = ("unit", "kind", "reason", "started_at", "started_by", "unsent")
        changed = before and any(before.get(name) != self.get(name) for name in fixed)
        if not self.flags.hbs_service or changed or (before and before.ended_at):
            frappe.throw(_("A hold of the sending is not edited."), EvidenceError)
