"""The line to one address of the city database: does it answer, and how much was sent in this minute."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSPortalLine(EvidenceDocument):
    """Written by ``services.portal_line`` below the form; nobody edits it."""

    def validate(self) -> None:
        """By nobody."""
        self.refuse_loss()
