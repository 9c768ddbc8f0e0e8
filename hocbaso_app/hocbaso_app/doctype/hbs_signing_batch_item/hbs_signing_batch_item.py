"""HBS Signing Batch Item."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSSigningBatchItem(FormRow):
    """HBS Signing Batch Item; saved with its form."""
