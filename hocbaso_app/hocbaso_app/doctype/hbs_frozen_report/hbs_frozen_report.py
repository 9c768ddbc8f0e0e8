"""Figures of a moment, kept as they were."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSFrozenReport(EvidenceDocument):
    """Made and sent by ``services.frozen`` only; its figures never change."""
