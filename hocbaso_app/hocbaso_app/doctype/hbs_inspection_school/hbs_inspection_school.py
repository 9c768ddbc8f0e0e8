"""A school of which records are drawn."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSInspectionSchool(FormRow):
    """Saved with its sample."""
