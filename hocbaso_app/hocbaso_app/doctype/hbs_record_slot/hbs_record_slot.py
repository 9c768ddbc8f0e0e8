"""HBS Record Slot."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecordSlot(FormRow):
    """HBS Record Slot; saved with its form."""
