"""A class printed in one go by a background job: what was asked for, how far it is, where the files are."""

from __future__ import annotations

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSPrintRun(EvidenceDocument):
    """Written by services only; its files are taken away after some days, the run stays."""
