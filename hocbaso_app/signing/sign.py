"""Two steps to a signature, so that any key source fits: :func:`prepare`, then :func:`embed`.

Between the two a :class:`Prepared` may wait as JSON for a phone, a token or a
browser. Embedding recomputes every digest and verifies the value before a
single octet is written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import write_instant

from . import xades
from .certificate import SigningCertificate, read_certificate
from .crypto import value_is_right
from .keys import KeySource
from .slots import Slot, Stage, expected_slots


class SigningError(HocBaSoError):
    """A signature may not be made or put in; the file is unchanged."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signature that lacks only its value."""

    signature: xades.Signature
    citizen_id: str | None

    @property
    def slot_id(self) -> str:
        """The slot it is for."""
        return self.signature.slot_id

    @property
    def to_be_signed(self) -> bytes:
        """Canonical SignedInfo; sources that sign a hash take its SHA-256."""
        return xades.to_be_signed(self.signature)

    def to_json(self) -> str:
        """Text that survives a restart; nothing secret is in it."""
        s = self.signature
        return json.dumps(
            {
                "slot": s.slot_id,
                "algorithm": s.algorithm,
                "time": s.signing_time,
                "role": s.claimed_role,
                "certificate": base64.b64encode(s.certificate).decode(),
                "covers": s.covers,
                "digests": [d.hex() for d in s.digests],
                "citizen_id": self.citizen_id,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Prepared:
        """The inverse of :meth:`to_json`; ``ValueError`` or ``KeyError`` for other text."""
        raw = json.loads(text)
        der = base64.b64decode(raw["certificate"])
        certificate = read_certificate(der)
        if certificate is None:
            raise ValueError("no certificate in the prepared signature")
        return cls(
            xades.Signature(
                raw["slot"],
                raw["algorithm"],
                raw["time"],
                raw["role"],
                der,
                certificate.subject_name,
                tuple(raw["covers"]),
                tuple(bytes.fromhex(d) for d in raw["digests"]),
            ),
            raw["citizen_id"],
        )


def seal_role(clerk_name: str) -> str:
    """Claimed role of the seal: it names the person who used it (QĐ Đ12.k2)."""
    return f"{Stage.RELEASE.title}: {clerk_name}"


def role_is_right(slot: Slot, claimed_role: str) -> bool:
    """Whether a claimed role is the slot's; the seal's must name a person."""
    if slot.stage is Stage.RELEASE:
        return claimed_role.startswith(seal_role("")) and len(claimed_role) > len(seal_role(""))
    return claimed_role == slot.role


def prepare(
    document: Document,
    slot_id: str,
    certificate: x509.Certificate,
    signing_time: datetime,
    claimed_role: str | None = None,
) -> Prepared:
    """The signature of ``slot_id`` up to its value.

    :class:`SigningError` when the slot is unknown or filled, an earlier stage is
    missing (QĐ Đ12.k1), or the key is too weak. Whether the *person* may sign is
    for :mod:`.verify` and the caller.
    """
    slot = _slot(document, slot_id)
    if document.slot(slot_id):
        raise SigningError("SLOT_FILLED", f"Ô ký {slot_id} đã có chữ ký.", f"slot {slot_id} is already signed")
    role = claimed_role or slot.role
    if not role_is_right(slot, role):
        raise SigningError(
            "ROLE_WRONG",
            "Vai trò ký không đúng; chữ ký phát hành phải nêu tên người dùng con dấu.",
            "the claimed role is not the slot's; the seal's must name the clerk (seal_role)",
        )
    facts = SigningCertificate.of(certificate)
    if facts.algorithm is None:
        raise SigningError(
            "WEAK_KEY",
            "Khóa của chứng thư số không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256.",
            "key must be RSA of at least 2048 bits or ECDSA P-256",
        )
    signature = xades.Signature(
        slot_id,
        facts.algorithm,
        write_instant(signing_time),
        role,
        certificate.public_bytes(Encoding.DER),
        facts.subject_name,
        slot.covers,
        covered_digests(document, slot),
    )
    return Prepared(signature, slot.signer_citizen_id)


def embed(document: Document, prepared: Prepared, value: bytes) -> Document:
    """The file with the signature in its slot; :class:`SigningError` when the file changed since or the value is wrong.

    Putting in the same signature again is a no-op, also when it was timestamped since.
    """
    slot = _slot(document, prepared.slot_id)
    inner = xades.fill(prepared.signature, value, prepared.citizen_id)
    present = document.slot(slot.id)
    if xades.without_timestamp(slot.id, present) == inner:
        return document
    if present:
        raise SigningError("SLOT_FILLED", f"Ô ký {slot.id} đã có chữ ký khác.", f"slot {slot.id} is already signed")
    if covered_digests(document, slot) != prepared.signature.digests or slot.covers != prepared.signature.covers:
        raise SigningError(
            "DATA_CHANGED",
            "Dữ liệu đã thay đổi sau khi chuẩn bị ký. Hãy xem lại và ký lại.",
            "the covered data changed between prepare and embed",
        )
    certificate = read_certificate(prepared.signature.certificate)
    key = certificate.public_key if certificate else None
    if key is None or not value_is_right(key, prepared.to_be_signed, value):
        raise SigningError(
            "VALUE_WRONG",
            "Giá trị chữ ký không khớp với chứng thư số. Hãy ký lại; nếu lặp lại, kiểm tra thiết bị ký.",
            "the signature value does not verify with the certificate",
        )
    return document.with_slot(slot.id, inner)


def sign_slots(
    document: Document,
    slot_ids: Sequence[str],
    key: KeySource,
    signing_time: datetime,
    claimed_role: str | None = None,
) -> Document:
    """Several independent slots by one key with one call to its source."""
    prepared = [prepare(document, s, key.certificate, signing_time, claimed_role) for s in slot_ids]
    for item, value in zip(prepared, key.sign([p.to_be_signed for p in prepared]), strict=True):
        document = embed(document, item, value)
    return document


def sign_slot(
    document: Document, slot_id: str, key: KeySource, signing_time: datetime, claimed_role: str | None = None
) -> Document:
    """:func:`prepare`, the key's value, :func:`embed`."""
    return sign_slots(document, [slot_id], key, signing_time, claimed_role)


def covered_digests(document: Document, slot: Slot) -> tuple[bytes, ...]:
    """SHA-256 of all that a slot covers, in order; :class:`SigningError` when an earlier signature is missing."""
    digests = [document.part_digest(slot.part)]
    for earlier in slot.earlier:
        digest = xades.signature_value_digest(earlier, document.slot(earlier))
        if digest is None:
            raise SigningError(
                "EARLIER_STAGE_MISSING",
                f"Chưa ký được {slot.stage.title}: ô {earlier} chưa có chữ ký.",
                f"slot {slot.id} covers {earlier}, which is not signed yet",
            )
        digests.append(digest)
    return tuple(digests)


def _slot(document: Document, slot_id: str) -> Slot:
    for slot in expected_slots(document.record):
        if slot.id == slot_id:
            return slot
    raise SigningError("SLOT_UNKNOWN", f"Học bạ không có ô ký {slot_id}.", f"record has no slot {slot_id}")
