"""Proof that a released file existed, kept beside it and renewed in time."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSEvidence(EvidenceDocument):
    """Written once by ``services.long_term``; a renewal is a new one."""
