"""One slot signed with a PKCS#12 file, after the checks that must come before a signature."""

from __future__ import annotations

from datetime import datetime, timezone

from cryptography import x509

from hocbaso_app.record.document import Document
from hocbaso_app.signing.identity import common_name, person_id, tax_code
from hocbaso_app.signing.keys import Pkcs12Key
from hocbaso_app.signing.sign import SigningError, seal_role, sign_slot
from hocbaso_app.signing.slots import Slot, Stage, expected_slots
from hocbaso_app.signing.trust import TrustStore


def sign_file(
    document: Document,
    slot_id: str,
    pkcs12: bytes,
    password: bytes,
    *,
    clerk: str | None = None,
    trust: TrustStore | None = None,
) -> Document:
    """The document with ``slot_id`` signed now; :class:`SigningError` or :class:`.keys.KeySourceError`."""
    slot = next((s for s in expected_slots(document.record) if s.id == slot_id), None)
    if slot is None:
        known = ", ".join(s.id for s in expected_slots(document.record))
        raise SigningError(
            "SLOT_UNKNOWN", f"Học bạ không có ô ký {slot_id}; có: {known}.", f"record has no slot {slot_id}"
        )
    key = Pkcs12Key.load(pkcs12, password)
    now = datetime.now(timezone.utc)
    _require_entitled(slot, key.certificate)
    _require_valid(key.certificate, now, trust)
    if slot.stage is Stage.RELEASE and not clerk:
        raise SigningError(
            "CLERK_MISSING",
            'Ký phát hành phải nêu người dùng con dấu: thêm --clerk "Họ và tên".',
            "the seal needs --clerk",
        )
    role = seal_role(clerk) if clerk and slot.stage is Stage.RELEASE else None
    return sign_slot(document, slot_id, key, now, role)


def _require_entitled(slot: Slot, certificate: x509.Certificate) -> None:
    if slot.stage is Stage.RELEASE:
        right = tax_code(certificate) is not None
    else:
        right = person_id(certificate) == slot.signer_citizen_id
    if not right:
        raise SigningError(
            "WRONG_PERSON",
            f"Chứng thư số của {common_name(certificate)} không dùng được cho ô {slot.id}; người phải ký là "
            f"{slot.signer_name}.",
            f"the certificate is not that of {slot.signer_name}, who must sign {slot.id}",
        )


def _require_valid(certificate: x509.Certificate, now: datetime, trust: TrustStore | None) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SigningError("CERTIFICATE_OUT_OF_DATE", "Chứng thư số chưa có hoặc đã hết hiệu lực.", "not valid now")
    if trust is not None:
        result = trust.paths.check(certificate, now)
        if not result.ok:
            raise SigningError("CERTIFICATE_NOT_TRUSTED", result.message_vi, result.message_en)
