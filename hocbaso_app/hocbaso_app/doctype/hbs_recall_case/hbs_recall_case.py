"""One record that a school asks back, at the authority that decides (QĐ Điều 12.k3.3).

What the exchange (transactions 5 and 6) writes and reads:

``message``, ``position``
    message id of transaction 5 and place in its list; together they exist once.
``record_code``, ``received_record``
    code of the record, and the HBS Received Record (whose name it is).
``unit``, ``pupil_code``, ``full_name``
    school and pupil, as in the received record. The citizen number is not kept here: it stands in the received file.
``reason``
    LY_DO of the list's entry.
``requested_by``, ``requested_at``
    account (user name) of the school and moment of receipt.
``status``
    ``Waiting`` and ``More Asked`` are PENDING for transaction 6, ``Approved`` is APPROVED, ``Refused`` and
    ``Withdrawn`` (by the school itself) are REFUSED.
``note``, ``decided_by``, ``decided_at``
    reason and person of the decision. While ``More Asked``, ``note`` is the officer's question: transaction 6 carries
    ``note`` in its description in every status.

Everything else (who decides, until when, before and after, evidence, notes) is filled in by
``services.recall_cases``; insert a case with ``flags.hbs_service`` and ``insert()``, and it does so.
"""

from __future__ import annotations

import frappe

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSRecallCase(EvidenceDocument):
    """Written by services only; a decided one never changes, and notes are only added."""

    def validate(self) -> None:
        """See :mod:`hocbaso_app.services.recall_cases.book`."""
        from hocbaso_app.services.recall_cases import book

        book.check(self)


def on_doctype_update() -> None:
    """An entry of a list is one case, however often the message is repeated."""
    frappe.db.add_unique("HBS Recall Case", ["message", "position"], "hbs_recall_entry")
