"""One filled slot against what it must hold (EN 319 102-1 building blocks, in order of cost), then in the past."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from hocbaso_app.record.document import Document
from hocbaso_app.record.times import VIETNAM, read_instant, write_instant

from . import xades
from .certificate import SigningCertificate, read_certificate
from .crypto import value_is_right
from .existence import Proof, best, judge_token
from .identity import common_name
from .report import Check, Finding, Indication, SignatureReport, TimestampReport
from .sign import SigningError, covered_digests, role_is_right
from .slots import Slot, Stage
from .timestamps import TimestampError, read_token
from .timestamps.check import CLOCK_SKEW
from .trust import TrustStore

_DIGESTS = re.compile(rb"<DigestValue>[^<]*</DigestValue>")


@dataclass(frozen=True, slots=True)
class SlotContext:
    """What every slot of one verification shares.

    ``proofs`` are of the whole file, ``covered`` of the slot's signature alone: a later signature covers its value,
    not the timestamp beside it, so they never save that timestamp.
    """

    document: Document
    trust: TrustStore
    moment: datetime
    revocation: str
    proofs: tuple[Proof, ...] = ()
    covered: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """An indication with its ETSI sub-indication and two sentences."""

    indication: Indication
    sub_indication: str | None
    message_vi: str
    message_en: str


_PASSED = Verdict(Indication.PASSED, None, "Chữ ký hợp lệ.", "The signature is valid.")


def _failed(sub_indication: str, message_vi: str, message_en: str) -> Verdict:
    return Verdict(Indication.FAILED, sub_indication, message_vi, message_en)


def _unsure(sub_indication: str, message_vi: str, message_en: str) -> Verdict:
    return Verdict(Indication.INDETERMINATE, sub_indication, message_vi, message_en)


def verify_slot(slot: Slot, context: SlotContext) -> tuple[SignatureReport, list[Finding]]:
    """The report of one filled slot, and findings about who signed."""
    filled = xades.read_slot(context.document.slot(slot.id))
    if filled is None:
        verdict = _failed("FORMAT_FAILURE", "Cấu trúc chữ ký sai thể thức.", "The slot is not of the format's shape.")
        return _report(slot, None, None, verdict), []
    certificate = read_certificate(filled.certificate)
    if certificate is None:
        verdict = _unsure("NO_SIGNING_CERTIFICATE_FOUND", "Không đọc được chứng thư số.", "No readable certificate.")
        return _report(slot, filled, None, verdict), []
    wrong = _octets(slot, filled, certificate, context)
    if wrong is not None:
        return _report(slot, filled, certificate, wrong), []
    stamp, wrong = _timestamp(slot, filled, context)
    own = (Proof(read_instant(stamp.time), xades.timestamp_id(slot.id)),) if stamp is not None and stamp.ok else ()
    proofs = (*own, *context.covered, *context.proofs)
    findings = _entitlement(slot, filled, certificate, context, proofs)
    if findings:
        first = findings[0]
        verdict = _unsure("SIG_CONSTRAINTS_FAILURE", first.message_vi, first.message_en)
    else:
        verdict = wrong or _time(filled, certificate, context, proofs) or _path(filled, certificate, context, proofs)
    return _report(slot, filled, certificate, verdict, stamp, proofs), findings


def _octets(
    slot: Slot, filled: xades.FilledSlot, certificate: SigningCertificate, context: SlotContext
) -> Verdict | None:
    key = certificate.public_key
    if key is None or filled.algorithm != certificate.algorithm:
        return _unsure(
            "CRYPTO_CONSTRAINTS_FAILURE",
            "Thuật toán ký hoặc độ dài khóa không được chấp nhận.",
            "The signature algorithm or key size is not allowed.",
        )
    try:
        digests = covered_digests(context.document, slot)
    except SigningError as missing:
        return _unsure("SIGNED_DATA_NOT_FOUND", missing.message_vi, missing.message_en)
    expected = filled.expected(slot, digests)
    octets = xades.render(expected, filled.value, filled.timestamp)
    if octets != filled.octets:
        if _DIGESTS.sub(b"", octets) == _DIGESTS.sub(b"", filled.octets):
            return _failed(
                "HASH_FAILURE", "Dữ liệu đã bị thay đổi sau khi ký.", "A covered part was changed after signing."
            )
        return _failed(
            "FORMAT_FAILURE",
            "Chữ ký có thành phần, tham chiếu hoặc thứ tự khác quy định.",
            "The signature holds an element, reference or order that the policy does not have.",
        )
    if filled.subject_name != certificate.subject_name:
        return _failed(
            "FORMAT_FAILURE",
            "Tên chủ thể ghi trong chữ ký khác chứng thư số.",
            "X509SubjectName differs from the certificate.",
        )
    if not value_is_right(key, xades.to_be_signed(expected), filled.value):
        return _failed("SIG_CRYPTO_FAILURE", "Giá trị chữ ký sai.", "The signature value is wrong.")
    return None


def _entitlement(
    slot: Slot,
    filled: xades.FilledSlot,
    certificate: SigningCertificate,
    context: SlotContext,
    proofs: tuple[Proof, ...],
) -> list[Finding]:
    found: list[Finding] = []

    def add(code: str, message_vi: str, message_en: str, indication: Indication = Indication.FAILED) -> None:
        found.append(Finding(Check.ENTITLEMENT, code, message_vi, message_en, slot.id, indication))

    if filled.signing_date != filled.signing_time:
        add("SLOT_DATE", "NGAY_KY khác thời điểm trong chữ ký.", "NGAY_KY differs from the signature's time")
    if filled.citizen_id != slot.signer_citizen_id:
        add("SLOT_CITIZEN_ID", "SO_CCCD ở ô ký khác người phải ký.", "SO_CCCD differs from the expected signer")
    if not role_is_right(slot, filled.claimed_role):
        add("CLAIMED_ROLE", "Vai trò khai trong chữ ký sai.", "The claimed role is not the slot's")
    if slot.days and not slot.days[0] <= filled.signing_time[:10] <= slot.days[1]:
        add("DEPUTY_DAYS", "Ngày ký nằm ngoài thời hạn quyết định ký thay.", "signed outside the decision's days")
    if slot.stage is Stage.RELEASE:
        _seal_entitlement(slot, filled, certificate, context, proofs, add)
    elif certificate.person_id != slot.signer_citizen_id:
        add(
            "WRONG_PERSON",
            f"Chứng thư số của {certificate.common_name} không phải của người phải ký ({slot.signer_name}).",
            "the certificate belongs to another person than the one named in the signed data",
        )
    return found


def _seal_entitlement(slot, filled, certificate, context, proofs, add) -> None:  # type: ignore[no-untyped-def]
    signed = read_instant(filled.signing_time)
    known = min((context.moment, *(proof.time for proof in proofs)))
    school = context.trust.registry.school(slot.school_code)
    if school is None:
        add(
            "SCHOOL_UNKNOWN",
            f"Trường {slot.school_code} chưa có trong danh sách chứng thư số được phê duyệt.",
            "the school is not in the registry",
            Indication.INDETERMINATE,
        )
    elif certificate.tax_code != school.tax_code:
        add(
            "WRONG_SCHOOL",
            f"Con dấu điện tử không phải của {school.name}.",
            "the seal's tax code is not the school's",
        )
    elif not school.approved_at(certificate.sha256, signed):
        add(
            "SEAL_NOT_APPROVED",
            "Chứng thư số của trường chưa được phê duyệt tại thời điểm ký.",
            "the seal's certificate was not approved at signing time",
            Indication.INDETERMINATE,
        )
    elif not school.approved_at(certificate.sha256, max(signed, known)):  # whoever has the key writes any time he likes
        add(
            "SEAL_NOT_APPROVED",
            "Phê duyệt chứng thư số của trường đã bị rút, và không có dấu thời gian hay bằng chứng nào cho thấy "
            "con dấu được đóng trước đó.",
            "the approval of the seal's certificate was withdrawn, and no proof shows the seal to be older",
            Indication.INDETERMINATE,
        )


def _timestamp(
    slot: Slot, filled: xades.FilledSlot, context: SlotContext
) -> tuple[TimestampReport | None, Verdict | None]:
    """The slot's own timestamp; a verdict when it speaks against the signature."""
    if filled.timestamp is None:
        return None, None
    digest = xades.signature_value_digest(slot.id, context.document.slot(slot.id)) or b""
    try:
        token = read_token(filled.timestamp)
    except TimestampError as error:
        return None, _failed("FORMAT_FAILURE", error.message_vi, error.message_en)
    said = judge_token(token, digest, context.trust.paths, context.moment, context.revocation, context.proofs)
    stamp = TimestampReport(
        write_instant(said.time),
        common_name(token.certificate),
        said.ok,
        said.sub_indication,
        said.message_vi,
        said.message_en,
    )
    if said.ok or said.undecided:
        return stamp, None
    broken = said.sub_indication in ("HASH_FAILURE", "SIG_CRYPTO_FAILURE")
    return stamp, (_failed if broken else _unsure)(said.sub_indication or "", said.message_vi, said.message_en)


def _time(
    filled: xades.FilledSlot, certificate: SigningCertificate, context: SlotContext, proofs: tuple[Proof, ...]
) -> Verdict | None:
    signed = read_instant(filled.signing_time)
    proof = best(proofs)
    if proof is not None and signed > proof.time + CLOCK_SKEW:
        return _unsure(
            "TIMESTAMP_ORDER_FAILURE",
            "Thời điểm ký ghi trong chữ ký muộn hơn dấu thời gian của chính chữ ký đó.",
            f"The claimed signing time is later than the proof of existence {proof.by}.",
        )
    if signed > context.moment + CLOCK_SKEW:
        return _unsure(
            "SIG_CONSTRAINTS_FAILURE", "Thời điểm ký nằm ở tương lai.", "The claimed signing time is in the future."
        )
    if signed < certificate.not_before:
        return _failed("NOT_YET_VALID", "Ký khi chứng thư số chưa có hiệu lực.", "Signed before the certificate began.")
    if signed > certificate.not_after:
        return _failed("EXPIRED", "Ký khi chứng thư số đã hết hạn.", "Signed after the certificate expired.")
    return None


def _path(
    filled: xades.FilledSlot, certificate: SigningCertificate, context: SlotContext, proofs: tuple[Proof, ...]
) -> Verdict:
    now = context.trust.paths.check(certificate.x509, context.moment, context.revocation)
    if now.ok:
        return _PASSED
    earlier = sorted((proof for proof in proofs if proof.time < context.moment), key=lambda proof: proof.time)
    result = now
    for n, proof in enumerate(earlier):
        then = context.trust.paths.check(certificate.x509, proof.time, context.revocation)
        if then.ok:
            day = f"{proof.time.astimezone(VIETNAM):%d/%m/%Y}"
            return Verdict(
                Indication.PASSED,
                None,
                f"Chữ ký hợp lệ: có bằng chứng đã ký trước ngày {day}, khi chứng thư số còn tốt.",
                f"The signature is valid as of {proof.time:%Y-%m-%d}; now: {now.message_en}",
            )
        result = then if n == 0 else result
        if then.sub_indication == "REVOKED":
            break
    if result.sub_indication == "REVOKED":
        if result.revocation_time and read_instant(filled.signing_time) >= result.revocation_time:
            return _failed("REVOKED", "Ký sau khi chứng thư số bị thu hồi.", "Signed after revocation.")
        return _unsure("REVOKED_NO_POE", result.message_vi, result.message_en)
    return _unsure(result.sub_indication or "NO_CERTIFICATE_CHAIN_FOUND", result.message_vi, result.message_en)


def _report(
    slot: Slot,
    filled: xades.FilledSlot | None,
    certificate: SigningCertificate | None,
    verdict: Verdict,
    stamp: TimestampReport | None = None,
    proofs: tuple[Proof, ...] = (),
) -> SignatureReport:
    proof = best(proofs)
    return SignatureReport(
        slot.id,
        slot.stage.value,
        filled.claimed_role if filled else slot.role,
        slot.covers,
        slot.signer_name,
        certificate.common_name if certificate else None,
        certificate.person_id if certificate else None,
        filled.signing_time if filled else None,
        certificate.info if certificate else None,
        verdict.indication,
        verdict.sub_indication,
        verdict.message_vi,
        verdict.message_en,
        "T" if stamp is not None and stamp.ok else "B",
        stamp,
        write_instant(proof.time) if proof else None,
        tuple(one.by for one in sorted(proofs, key=lambda one: one.time)),
    )
