"""One who inspects."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSInspectionPerson(FormRow):
    """Saved with its decision."""
