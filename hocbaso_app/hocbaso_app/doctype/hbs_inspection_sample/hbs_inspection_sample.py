"""Records drawn for an inspection."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSInspectionSample(KeptDocument):
    """Open while it is a draft; what was drawn stays drawn."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.inspection.samples.check`."""
        from hocbaso_app.services.inspection import samples

        samples.check(self)
