"""Figures of one class in a reconciliation."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSReconciliationClass(FormRow):
    """Saved with its form."""
