"""One point of the check list before a school year is locked."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSYearLockPoint(FormRow):
    """See HBS Year Lock."""
