"""Something in the signing that looks like one person signing for many: facts for the principal, no judgement."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument

ANSWER = ("comment", "commented_by", "commented_at", "open_from")


class HBSSigningPattern(EvidenceDocument):
    """Written by ``services.patterns`` when it is found and once more when the principal answers."""

    def validate(self) -> None:
        """What was found never changes; it is answered once."""
        before = self.get_doc_before_save()
        if not before:
            return
        fixed = [f.fieldname for f in self.meta.get("fields") if f.fieldname not in ANSWER]
        changed = any(self.has_value_changed(name) for name in fixed)
        if not self.flags.hbs_service or changed or before.commented_at:
            frappe.throw(_("A pattern of signing is not edited. The principal answers once."), EvidenceError)
