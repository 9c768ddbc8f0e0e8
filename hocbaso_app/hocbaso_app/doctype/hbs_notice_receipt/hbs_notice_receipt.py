"""A notice or task as one school, office or person has it."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSNoticeReceipt(EvidenceDocument):
    """Made when the notice is sent or arrives; written by ``services.notices`` only."""
