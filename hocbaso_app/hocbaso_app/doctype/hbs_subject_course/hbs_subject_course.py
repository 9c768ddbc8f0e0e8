"""HBS Subject Course."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSSubjectCourse(FormRow):
    """HBS Subject Course; saved with its form."""
