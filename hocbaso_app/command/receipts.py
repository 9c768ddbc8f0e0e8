"""A receipt file against the trust folder and, when it is at hand, against the record it is about."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hocbaso_app.exchange import receipts
from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.trust import TrustStore

from .exits import ExitCode

IN_PACKAGE = "Biên nhận có ký (COSE, base64)"
"""Where ``bien-nhan.json`` of a hand-over package keeps the sealed receipt."""


@dataclass(frozen=True)
class ReceiptAnswer:
    """What a receipt says, and what stands against it; ``compared``: a record was given too."""

    receipt: receipts.Receipt | None
    compared: bool
    problem: str | None = None

    @property
    def exit_code(self) -> ExitCode:
        """0 right, 1 not."""
        return ExitCode.FAILED if self.problem else ExitCode.OK

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        body = {"valid": self.problem is None, "compared_with_record": self.compared, "problem": self.problem}
        return {**body, "receipt": asdict(self.receipt) if self.receipt else None}

    def to_text(self, file: Path) -> str:
        """A few lines for people."""
        if self.receipt is None:
            return f"{file}: KHÔNG HỢP LỆ – {self.problem}"
        r = self.receipt
        verdict = f"KHÔNG HỢP LỆ – {self.problem}" if self.problem else "HỢP LỆ, có dấu của cơ quan tiếp nhận"
        about = "đúng tệp học bạ đã cho" if self.compared else "chưa so với tệp học bạ (thêm --record)"
        lines = [
            f"{file}: {verdict}",
            f"  Số biên nhận: {r.number}",
            f"  Tiếp nhận lúc: {r.received_at}",
            f"  Mã học bạ: {r.record_code}, lần phát hành {r.issue_number}, trường {r.school_code}",
            f"  SHA-256: {r.sha256}" if self.problem else f"  SHA-256: {r.sha256} – {about}",
            f"  Tra cứu: {r.link}",
        ]
        return "\n".join(lines)


def check_receipt(data: bytes, trust: TrustStore, record: Document | None = None) -> ReceiptAnswer:
    """A receipt as it was downloaded, in base64, or inside ``bien-nhan.json``."""
    try:
        found = receipts.read(_sealed(data), trust)
    except HocBaSoError as error:
        return ReceiptAnswer(None, False, error.message_vi)
    problem = "Cơ quan tiếp nhận từ chối học bạ này." if found.decision != receipts.APPROVED else None
    if record is not None and not _about(found, record):
        problem = "Biên nhận là của tệp học bạ khác."
    return ReceiptAnswer(found, record is not None, problem)


def _about(receipt: receipts.Receipt, record: Document) -> bool:
    general = record.record.general
    said = (receipt.record_code, receipt.issue_number, receipt.sha256, receipt.school_code)
    return said == (general.record_code, general.issue_number, record.sha256, general.school_code)


def _sealed(data: bytes) -> bytes:
    text = data.strip()
    try:
        if text.startswith(b"{"):
            text = json.loads(text)[IN_PACKAGE].encode()
        return base64.b64decode(text, validate=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        return data
