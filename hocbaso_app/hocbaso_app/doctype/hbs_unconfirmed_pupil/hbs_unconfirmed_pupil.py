"""Rows of a year-end summary: pupils it leaves out for now."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSUnconfirmedPupil(FormRow):
    """One pupil with the reason; the others of the class are confirmed."""
