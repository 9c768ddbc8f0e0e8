"""Every night: are the stored bytes, the desk and the audit trail what they were?"""

from __future__ import annotations

import frappe

from hocbaso_app import compat
from hocbaso_app.services import evidence, states

AT_ONCE = 50
"""New findings between two commits: a check that is cut off keeps what it found."""


def verify_evidence() -> list[str]:
    """New findings, each kept and told to principal, auditor and officers; gives what they are about."""
    new: list[evidence.Finding] = []
    with states.in_vietnamese():
        for finding in evidence.check_all():
            if evidence.note(finding):
                new.append(finding)
                if len(new) % AT_ONCE == 0 and not compat.in_test():
                    frappe.db.commit()  # nosemgrep: a long run in the scheduler
        evidence.tell(new)
    return [f"{finding.doctype} {finding.name}" for finding in new]
