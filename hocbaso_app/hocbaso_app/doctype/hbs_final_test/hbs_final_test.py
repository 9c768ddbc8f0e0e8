"""Rows of HBS Settings: which of Education's tests is the year-end test."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSFinalTest(FormRow):
    """One assessment group, for a year and a subject or for all."""
