"""A notice or task to schools, offices or the people of one's own unit."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSNotice(KeptDocument):
    """Open while it is a draft; what was sent stays as it was sent."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.notices.writing.check`."""
        from hocbaso_app.services.notices import writing

        writing.check(self)
