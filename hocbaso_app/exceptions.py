"""Refusals on the desk; each is a Frappe error, so the desk and REST show its sentence and answer 417 or 403."""

from __future__ import annotations

import frappe


class HbsError(frappe.ValidationError):
    """A step of the record's life is refused; the message says why and what to do next."""


class EvidenceError(HbsError):
    """Evidence (released bytes, audit entries) may be neither changed nor deleted, by anybody."""


class StepOrderError(HbsError):
    """A step was tried before the one it builds on (QĐ Điều 12.k1)."""


class LockedError(HbsError):
    """The school, the office or the department has locked this step."""


class NotYoursError(frappe.PermissionError):
    """The person may not do this: no assignment, no duty or no matching certificate on that date."""
