"""What a unit held at the end of a day, as one number that can't be made to fit afterwards."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSDailyRoot(EvidenceDocument):
    """Written once by ``services.roots``; later only its receipt is added."""
