"""HBS Rehearsal Row."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSRehearsalRow(FormRow):
    """HBS Rehearsal Row; saved with its form."""
