"""The verification report: ETSI EN 319 102-1 indications per signature, and one verdict for the record.

The verdict is "HBS hợp lệ" of QĐ Đ2.k4 and Đ4.k2: every named check passed.
Facts that ETSI does not know (a slot without signature, a signer who is not the
one named in the data) are findings; a finding of kind ``failed`` makes the
record TOTAL-FAILED whatever the signatures say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

POLICY = "urn:hocbaso:signature-policy:hp-1:1"


class Indication(str, Enum):
    """Main indications of EN 319 102-1, clause 5.1.3."""

    PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "TOTAL-FAILED"

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 indeterminate."""
        return {Indication.PASSED: 0, Indication.FAILED: 1, Indication.INDETERMINATE: 2}[self]


VERDICTS_VI = {
    Indication.PASSED: "HỢP LỆ",
    Indication.INDETERMINATE: "CHƯA KẾT LUẬN ĐƯỢC",
    Indication.FAILED: "KHÔNG HỢP LỆ",
}


class Check(str, Enum):
    """The named checks that make one validity verdict (QĐ Đ2.k4, Đ4.k2)."""

    FORM = "form"
    CONTENT = "content"
    PRESENCE = "presence"
    ENTITLEMENT = "entitlement"
    VALIDITY = "validity"
    ENVIRONMENT = "environment"


CHECKS_VI = {
    Check.FORM: "Đúng thể thức tệp",
    Check.CONTENT: "Đầy đủ, đúng quy tắc nội dung",
    Check.PRESENCE: "Đủ chữ ký",
    Check.ENTITLEMENT: "Đúng người có thẩm quyền ký",
    Check.VALIDITY: "Chữ ký được xác thực",
    Check.ENVIRONMENT: "Đúng môi trường (thật hay thử nghiệm)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact against the record. ``indication`` is what it makes of the verdict."""

    check: Check
    code: str
    message_vi: str
    message_en: str
    where: str | None = None
    indication: Indication = Indication.FAILED


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """The signing certificate as a reader wants it."""

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: str
    not_after: str


@dataclass(frozen=True, slots=True)
class TimestampReport:
    """The signature's own timestamp. ``ok``: it proves :attr:`time`; else why not."""

    time: str
    authority: str
    ok: bool
    sub_indication: str | None
    message_vi: str
    message_en: str


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature: who, role, part covered, time, certificate, verdict."""

    slot: str
    stage: str
    role: str
    covers: tuple[str, ...]
    expected_signer: str
    signer: str | None
    citizen_id: str | None
    claimed_time: str | None
    certificate: CertificateInfo | None
    indication: Indication
    sub_indication: str | None
    message_vi: str
    message_en: str
    level: str = "B"
    """XAdES baseline level: ``T`` when its own timestamp is one."""
    timestamp: TimestampReport | None = None
    best_signature_time: str | None = None
    """Since when it is proved to exist, at the latest; ``None`` without any proof."""
    proofs: tuple[str, ...] = ()
    """What proves it: Ids of timestamps, names of evidence."""


@dataclass(frozen=True, slots=True)
class RecordReport:
    """Everything found about one file, and the verdict."""

    sha256: str
    validation_time: str
    stage: str
    record_code: str | None = None
    issue_number: str | None = None
    pupil: str | None = None
    environment: str | None = None
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    policy: str = field(default=POLICY)

    @property
    def conclusion(self) -> Indication:
        """The worst of all signatures and findings; a file without any signature report never passes."""
        seen = [s.indication for s in self.signatures] + [f.indication for f in self.findings]
        return worst(seen) if seen else Indication.FAILED

    @property
    def level(self) -> str | None:
        """The lowest level of all signatures; ``None`` without any."""
        return min((s.level for s in self.signatures), default=None)

    @property
    def readable(self) -> bool:
        """False when the bytes are no HBS file at all."""
        return self.record_code is not None

    def check_passed(self, check: Check) -> bool:
        """Whether one named check passed; all but :attr:`Check.FORM` fail for an unreadable file."""
        if not self.readable:
            return False
        if check is Check.VALIDITY and any(s.indication is not Indication.PASSED for s in self.signatures):
            return False
        return not any(f.check is check for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        body = asdict(self)
        body["conclusion"] = {"indication": self.conclusion.value, "valid": self.conclusion is Indication.PASSED}
        body["level"] = self.level
        body["checks"] = {check.value: self.check_passed(check) for check in Check}
        return body

    def to_text(self, language: str = "vi") -> str:
        """A few lines for a terminal, Vietnamese or English."""
        vietnamese = language == "vi"
        verdict = VERDICTS_VI[self.conclusion] if vietnamese else self.conclusion.value
        level = f" (XAdES-{self.level})" if self.level else ""
        lines = [f"{self.record_code or self.sha256} – {self.pupil or '?'}: {verdict}{level}"]
        for check in Check:
            mark = "✓" if self.check_passed(check) else "✗"
            lines.append(f"  {mark} {CHECKS_VI[check] if vietnamese else check.value}")
        for s in self.signatures:
            mark = {Indication.PASSED: "✓", Indication.INDETERMINATE: "?", Indication.FAILED: "✗"}[s.indication]
            who = s.signer or s.expected_signer
            detail = "" if s.indication is Indication.PASSED else f" [{s.sub_indication or s.indication.value}]"
            lines.append(
                f"  {mark} {s.slot}: {s.role} – {who}, {s.claimed_time or '?'}{_proved(s, vietnamese)}{detail} "
                f"{s.message_vi if vietnamese else s.message_en}"
            )
            if s.timestamp is not None and not s.timestamp.ok:
                lines.append(f"      {s.timestamp.message_vi if vietnamese else s.timestamp.message_en}")
        for f in self.findings:
            where = f" ({f.where})" if f.where else ""
            lines.append(f"  ! {f.code}{where}: {f.message_vi if vietnamese else f.message_en}")
        return "\n".join(lines)


def _proved(signature: SignatureReport, vietnamese: bool) -> str:
    if signature.best_signature_time is None:
        return ""
    words = "có bằng chứng từ" if vietnamese else "proved since"
    return f" ({signature.level}, {words} {signature.best_signature_time})"


def worst(indications: Iterable[Indication]) -> Indication:
    """FAILED before INDETERMINATE before PASSED."""
    found = set(indications)
    for indication in (Indication.FAILED, Indication.INDETERMINATE):
        if indication in found:
            return indication
    return Indication.PASSED
