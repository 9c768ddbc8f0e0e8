"""HBS Board Member."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSBoardMember(FormRow):
    """HBS Board Member; saved with its form."""
