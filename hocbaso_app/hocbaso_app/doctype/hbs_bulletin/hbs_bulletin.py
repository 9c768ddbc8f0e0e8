"""A bulletin of the authority, with its seal."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSBulletin(EvidenceDocument):
    """Written once by ``services.channel``; never changed, never deleted."""
