"""A record that was drawn."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSInspectionItem(FormRow):
    """Saved with its sample."""
