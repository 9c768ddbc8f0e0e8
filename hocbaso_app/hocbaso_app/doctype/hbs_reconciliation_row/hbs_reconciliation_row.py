"""One record on which the two sides differ."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSReconciliationRow(FormRow):
    """Saved with its form."""
