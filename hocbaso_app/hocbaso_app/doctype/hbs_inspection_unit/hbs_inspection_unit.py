"""A school that is inspected."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSInspectionUnit(FormRow):
    """Saved with its decision."""
