"""A decision to inspect: who reads what from when until when, and why."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSInspection(KeptDocument):
    """Not changed once its first day has come, only ended early."""

    def validate(self) -> None:
        """See :mod:`hocbaso_app.services.inspection.decisions`."""
        from hocbaso_app.services.inspection import decisions

        decisions.check(self)

    def on_update(self) -> None:
        """The trail."""
        from hocbaso_app.services.inspection import decisions

        if not self.flags.hbs_service:
            decisions.after_save(self)
