"""HBS Record History."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecordHistory(FormRow):
    """HBS Record History; saved with its form."""
