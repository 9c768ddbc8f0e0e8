"""What was answered about one file of a message (transaction 2)."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSIncomingItem(EvidenceDocument):
    """Named after its message and its place in it."""
