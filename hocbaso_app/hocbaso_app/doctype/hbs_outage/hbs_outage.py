"""The authority announces that it takes nothing from when until when; deadlines move, records wait."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSOutage(KeptDocument):
    """Entered by an officer, or pushed down from the authority's site."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.outages.check`."""
        from hocbaso_app.services import outages

        outages.check(self)

    def on_update(self) -> None:
        """The trail; dates and people follow in a job."""
        from hocbaso_app.services import outages

        outages.written(self)
