"""HBS Record Result."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecordResult(FormRow):
    """HBS Record Result; saved with its form."""
