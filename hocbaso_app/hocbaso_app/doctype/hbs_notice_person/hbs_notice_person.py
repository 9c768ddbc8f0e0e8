"""One of those a notice goes to."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import FormRow


class HBSNoticePerson(FormRow):
    """Saved with its notice."""
