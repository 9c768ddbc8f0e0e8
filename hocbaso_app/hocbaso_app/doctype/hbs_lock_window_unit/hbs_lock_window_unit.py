"""One unit that a window is for."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSLockWindowUnit(FormRow):
    """See HBS Lock Window."""
