"""A proof under a daily root against the trust folder and, when it is at hand, against the record it is about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hocbaso_app.exchange.roots.leaves import FileLeaf, RootError
from hocbaso_app.exchange.roots.proof import Proof, Proved, check
from hocbaso_app.record.document import Document
from hocbaso_app.signing.identity import common_name
from hocbaso_app.signing.trust import TrustStore

from .exits import ExitCode


@dataclass(frozen=True)
class ProofAnswer:
    """What a proof says, and what stands against it; ``compared``: a record was given too."""

    proved: Proved | None
    compared: bool
    problem: str | None = None
    unreadable: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """0 right, 1 not, 3 no proof at all."""
        if self.unreadable:
            return ExitCode.UNREADABLE
        return ExitCode.FAILED if self.problem else ExitCode.OK

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        body = {"valid": self.problem is None, "compared_with_record": self.compared, "problem": self.problem}
        if self.proved is None:
            return {**body, "root": None}
        p = self.proved
        sealed_by = common_name(p.certificate) if p.certificate else None
        said = {"leaf": asdict(p.leaf), "claims": asdict(p.claims), "sealed_by": sealed_by}
        return {**body, "root": {**said, "receipt": asdict(p.receipt) if p.receipt else None}}

    def to_text(self, file: Path) -> str:
        """A few lines for people."""
        if self.proved is None or self.problem:
            return f"{file}: KHÔNG HỢP LỆ – {self.problem}"
        p = self.proved
        lines = [f"{file}: HỢP LỆ – đã có trong gốc băm số {p.claims.number} của đơn vị {p.claims.unit}"]
        if isinstance(p.leaf, FileLeaf):
            about = "đúng tệp học bạ đã cho" if self.compared else "chưa so với tệp học bạ (thêm --record)"
            lines.append(f"  Mã học bạ: {p.leaf.code}, trạng thái {p.leaf.status}")
            lines.append(f"  SHA-256: {p.leaf.sha256} – {about}")
        else:
            lines.append(f"  Dòng nhật ký số {p.leaf.number}: {p.leaf.hash}")
        lines.append(f"  Gốc băm: {p.claims.root}")
        lines.append(f"  Dấu: {common_name(p.certificate) if p.certificate else 'không có dấu nào tin được'}")
        if p.receipt:
            lines.append(f"  Đơn vị ghi lúc: {p.claims.at}; cơ quan tiếp nhận xác nhận lúc: {p.receipt.received_at}")
        else:
            lines.append("  Cơ quan tiếp nhận chưa xác nhận, nên chưa chứng minh được có từ ngày nào")
        return "\n".join(lines)


def check_proof(data: bytes, trust: TrustStore, record: Document | None = None) -> ProofAnswer:
    """As it was downloaded."""
    try:
        proof = Proof.from_bytes(data)
    except RootError as error:
        return ProofAnswer(None, False, error.message_vi, unreadable=True)
    try:
        proved = check(proof, trust)
    except RootError as error:
        return ProofAnswer(None, False, error.message_vi)
    problem = None
    if record is not None and not (isinstance(proved.leaf, FileLeaf) and proved.leaf.sha256 == record.sha256):
        problem = "Chứng minh này là của tệp khác."
    return ProofAnswer(proved, record is not None, problem)
