"""Short statements of an organisation, sealed: registry, receipts, status lists, QR summaries.

COSE_Sign1 (RFC 9052) over deterministic CBOR claims. The protected header
carries the algorithm, the kind of statement (content type) and the signer's
certificate by SHA-256 (x5t, RFC 9360); x5chain carries the certificate itself
unless space is short, as in a QR code. Two dozen lines on cbor2 stay here
because a key of ours may sit in a token or a remote service: ready COSE
libraries want the private key itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.errors import HocBaSoError

from .certificate import SigningCertificate, read_certificate
from .crypto import value_is_right
from .keys import KeySource
from .malformed import MALFORMED

_TAG = 18
_ALG, _CONTENT_TYPE, _X5CHAIN, _X5T = 1, 3, 33, 34
_ALGORITHMS = {"rsa": -257, "ec": -7}
_SHA256 = -16
MAX_BYTES = 4 << 20


class SealError(HocBaSoError):
    """A sealed statement is damaged, of another kind, or not by a known certificate."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement whose signature is right. Whether the signer may say so is the caller's question."""

    claims: dict[str, Any]
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A statement that waits for its key: the octets to be signed now, the value later, from wherever the key is."""

    protected: bytes
    payload: bytes
    certificate: x509.Certificate

    @property
    def to_be_signed(self) -> bytes:
        """What the key signs."""
        return _to_be_signed(self.protected, self.payload)

    def seal(self, value: bytes, *, embed_certificate: bool = True) -> bytes:
        """The statement with its value; refused when the value is not this key's over these octets."""
        key = SigningCertificate.of(self.certificate).public_key
        if key is None or not value_is_right(key, self.to_be_signed, value):
            raise SealError("SEAL_WRONG", "Chữ ký của bản xác nhận số sai: nội dung đã bị sửa.", "the value is wrong")
        der = self.certificate.public_bytes(Encoding.DER)
        return _message(self.protected, {_X5CHAIN: der} if embed_certificate else {}, self.payload, value)


def prepare(claims: dict[str, Any], certificate: x509.Certificate, *, kind: str) -> Unsealed:
    """First step of :func:`seal`, for keys that are not here."""
    known = SigningCertificate.of(certificate)
    if known.algorithm is None:
        raise SealError("WEAK_KEY", "Khóa con dấu không được chấp nhận.", "the key is not allowed")
    header = {
        _ALG: _ALGORITHMS[known.algorithm],
        _CONTENT_TYPE: _content_type(kind),
        _X5T: [_SHA256, bytes.fromhex(known.sha256)],
    }
    return Unsealed(cbor2.dumps(header, canonical=True), cbor2.dumps(claims, canonical=True), certificate)


def seal(claims: dict[str, Any], key: KeySource, *, kind: str, embed_certificate: bool = True) -> bytes:
    """``claims`` (CBOR types, string keys) as a tagged COSE_Sign1 of ``kind``."""
    waiting = prepare(claims, key.certificate, kind=kind)
    return waiting.seal(key.sign([waiting.to_be_signed])[0], embed_certificate=embed_certificate)


def open_seal(token: bytes, *, kind: str, candidates: Iterable[x509.Certificate] = ()) -> Sealed:
    """Check the signature; the certificate comes from the token or, by its SHA-256, from ``candidates``."""
    try:
        protected, unprotected, payload, value = _parts(token)
        header = cbor2.loads(protected)
        claims = cbor2.loads(payload)
        wanted = header[_X5T][1]
        if header[_CONTENT_TYPE] != _content_type(kind) or header[_X5T][0] != _SHA256 or not isinstance(claims, dict):
            raise ValueError("another kind of statement")
        if set(header) != {_ALG, _CONTENT_TYPE, _X5T} or not set(unprotected) <= {_X5CHAIN}:
            raise ValueError("unexpected header")
        if cbor2.dumps(header, canonical=True) != protected or cbor2.dumps(claims, canonical=True) != payload:
            raise ValueError("unexpected encoding")
        certificate = _certificate(unprotected.get(_X5CHAIN), wanted, candidates)
    except (*MALFORMED, cbor2.CBORError) as error:
        raise SealError(
            "SEAL_MALFORMED", f"Bản xác nhận số ({kind}) hỏng hoặc sai loại.", f"not a sealed {kind}: {error}"
        ) from error
    if certificate is None:
        raise SealError(
            "SEAL_CERTIFICATE_UNKNOWN",
            "Không tìm thấy chứng thư số của bên xác nhận trong danh sách tin cậy.",
            "the signer's certificate is not known",
        )
    key = certificate.public_key
    right = key is not None and header[_ALG] == _ALGORITHMS[certificate.algorithm or ""]
    if key is None or not right or not value_is_right(key, _to_be_signed(protected, payload), value):
        raise SealError("SEAL_WRONG", "Chữ ký của bản xác nhận số sai: nội dung đã bị sửa.", "the signature is wrong")
    return Sealed(claims, certificate.x509)


def _parts(token: bytes) -> tuple[bytes, dict[Any, Any], bytes, bytes]:
    if len(token) > MAX_BYTES:
        raise ValueError("too large")
    message = cbor2.loads(token)
    if not isinstance(message, cbor2.CBORTag) or message.tag != _TAG:
        raise ValueError("no COSE_Sign1")
    protected, unprotected, payload, value = message.value
    if not all(isinstance(part, bytes) for part in (protected, payload, value)):
        raise ValueError("no COSE_Sign1")
    if _message(protected, unprotected, payload, value) != token:
        raise ValueError("octets that belong to nothing")
    return protected, unprotected, payload, value


def _message(protected: bytes, unprotected: dict[Any, Any], payload: bytes, value: bytes) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_TAG, [protected, unprotected, payload, value]))


def _certificate(
    embedded: bytes | None, sha256: bytes, candidates: Iterable[x509.Certificate]
) -> SigningCertificate | None:
    ders = [embedded] if embedded is not None else (one.public_bytes(Encoding.DER) for one in candidates)
    found = map(read_certificate, ders)
    return next((c for c in found if c and c.sha256 == sha256.hex()), None)


def _content_type(kind: str) -> str:
    return f"application/hocbaso-{kind}+cbor"


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])
