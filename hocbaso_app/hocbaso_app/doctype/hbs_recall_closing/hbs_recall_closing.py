"""Until when records of one school year may be asked back."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRecallClosing(FormRow):
    """A row of HBS Receiving Settings."""
