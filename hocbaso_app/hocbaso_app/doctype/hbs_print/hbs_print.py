"""One print of a record's file: its exact bytes, and its line in the register of confirmed prints."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSPrint(EvidenceDocument):
    """Written by services only; once there is a PDF, nothing changes any more."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.print_store.check_change`."""
        from hocbaso_app.services import print_store

        print_store.check_change(self)
