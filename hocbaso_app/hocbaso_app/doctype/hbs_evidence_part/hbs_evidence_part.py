"""A large piece that many pieces of evidence share, such as a revocation list; named by its SHA-256."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSEvidencePart(EvidenceDocument):
    """Written once by ``services.long_term``."""
