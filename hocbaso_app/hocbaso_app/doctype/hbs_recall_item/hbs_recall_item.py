"""One record of a recall list."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecallItem(FormRow):
    """See HBS Recall Request."""
