"""A TimeStampToken (RFC 3161, CMS SignedData over TSTInfo) as plain values; ASN.1 by asn1crypto.

Reading believes nothing: whether the signature is right says
:meth:`TimestampToken.signature_is_right`, whether the authority may be relied
on says :mod:`.check`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.malformed import MALFORMED

MAX_TOKEN_BYTES = 256 << 10
FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Of a token's time: Python computes with it in any time zone."""
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


_SET = b"\x31"


class TimestampError(HocBaSoError):
    """A timestamp could not be had, or what came is none."""


@dataclass(frozen=True)
class TimestampToken:
    """What a token says. ``certificate`` is the signer's, picked by the identifier under the signature."""

    time: datetime
    accuracy: timedelta
    imprint: bytes
    algorithm: str
    """Of the imprint: ``sha256``, ``sha384`` or ``sha512``."""
    policy: str
    serial: int
    nonce: int | None
    certificate: x509.Certificate
    certificates: tuple[bytes, ...]
    """All certificates in the token, DER."""
    crls: tuple[bytes, ...]
    der: bytes = field(repr=False)

    @property
    def latest(self) -> datetime:
        """By this moment the octets existed, whatever the clock's error."""
        return self.time + self.accuracy

    @cached_property
    def _parts(self) -> tuple[cms.SignerInfo, bytes]:
        data = cms.ContentInfo.load(self.der)["content"]
        return data["signer_infos"][0], data["encap_content_info"]["content"].contents

    @property
    def signature_algorithms(self) -> tuple[str, ...]:
        """Digest and signature algorithm of the CMS signature, as asn1crypto names them."""
        signer = self._parts[0]
        digest = signer["digest_algorithm"]["algorithm"].native
        try:
            return digest, f"{digest}_{signer['signature_algorithm'].signature_algo.removesuffix('ssa_pkcs1v15')}"
        except ValueError:
            return digest, str(signer["signature_algorithm"]["algorithm"].native)

    @cached_property
    def signature_is_right(self) -> bool:
        """Signature, message digest, content type and ESSCertIDv2 (RFC 5816) of the one SignerInfo."""
        try:
            return _signature_is_right(*self._parts, self.certificate)
        except (InvalidSignature, *MALFORMED):
            return False


@lru_cache(maxsize=4096)
def read_token(der: bytes) -> TimestampToken:
    """Read a token; :class:`TimestampError` when the octets are not exactly one."""
    try:
        token = _read(der)
        _ = token.signature_algorithms  # read now: asn1crypto finds damage only when it reads
        return token
    except MALFORMED as error:
        raise TimestampError(
            "TOKEN_MALFORMED", "Dấu thời gian hỏng hoặc không đúng chuẩn RFC 3161.", f"no RFC 3161 token: {error}"
        ) from error


def _read(der: bytes) -> TimestampToken:
    if len(der) > MAX_TOKEN_BYTES:
        raise ValueError("too large")
    content = cms.ContentInfo.load(der, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError("no signed data")
    data = content["content"]
    inner = data["encap_content_info"]
    if inner["content_type"].native != "tst_info":
        raise ValueError("no TSTInfo inside")
    info = tsp.TSTInfo.load(inner["content"].contents, strict=True)
    if len(data["signer_infos"]) != 1 or info["version"].native != "v1":
        raise ValueError("not one signer, or another version")
    imprint = info["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    digest = imprint["hashed_message"].native
    if algorithm not in HASHES or len(digest) != HASHES[algorithm].digest_size:
        raise ValueError(f"imprint by {algorithm}")
    time, accuracy = info["gen_time"].native, _accuracy(info["accuracy"])
    for moment in (time, time + accuracy):
        if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(f"no time of a clock: {moment}")
    certificates = tuple(choice.chosen.dump() for choice in data["certificates"] or () if choice.name == "certificate")
    return TimestampToken(
        time,
        accuracy,
        digest,
        algorithm,
        info["policy"].dotted,
        info["serial_number"].native,
        info["nonce"].native,
        _signer(data["signer_infos"][0]["sid"], certificates),
        certificates,
        tuple(choice.chosen.dump() for choice in data["crls"] or () if choice.name == ""),
        der,
    )


def _accuracy(value: tsp.Accuracy) -> timedelta:
    if isinstance(value, core.Void):
        return timedelta()
    seconds, millis, micros = (value[name].native or 0 for name in ("seconds", "millis", "micros"))
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _signer(sid: cms.SignerIdentifier, certificates: tuple[bytes, ...]) -> x509.Certificate:
    for der in certificates:
        one = asn1_x509.Certificate.load(der)
        if sid.name == "issuer_and_serial_number":
            same = one.serial_number == sid.chosen["serial_number"].native and one.issuer == sid.chosen["issuer"]
        else:
            same = one.key_identifier == sid.chosen.native
        if same:
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.extensions, certificate.subject, certificate.issuer  # read now: damage shows only when read
            return certificate
    raise ValueError("the signer's certificate is not in the token")


def _signature_is_right(signer: cms.SignerInfo, content: bytes, certificate: x509.Certificate) -> bool:
    # RFC 5652 5.4: as a SET OF, not as tagged in the message; taken first, for asn1crypto encodes anew what it read
    signed = _SET + signer["signed_attrs"].dump()[1:]
    attributes: dict[str, core.Asn1Value] = {}
    for attribute in signer["signed_attrs"]:
        if len(attribute["values"]) != 1 or attribute["type"].native in attributes:
            return False
        attributes[attribute["type"].native] = attribute["values"][0]
    digest_name = signer["digest_algorithm"]["algorithm"].native
    if digest_name not in HASHES or attributes["content_type"].native != "tst_info":
        return False
    if not hmac.compare_digest(attributes["message_digest"].native, hashlib.new(digest_name, content).digest()):
        return False
    if not _names(attributes, certificate.public_bytes(Encoding.DER)):
        return False
    _verify(signer, certificate.public_key(), HASHES[digest_name], signed)
    return True


def _names(attributes: dict[str, core.Asn1Value], der: bytes) -> bool:
    """ESSCertIDv2 (RFC 5816), or RFC 3161's own ESSCertID, in which SHA-1 only tells which certificate is meant."""
    if "signing_certificate_v2" in attributes:
        named = attributes["signing_certificate_v2"]["certs"][0]
        by = named["hash_algorithm"]["algorithm"].native
        return by in HASHES and bool(named["cert_hash"].native == hashlib.new(by, der).digest())
    named = attributes["signing_certificate"]["certs"][0]
    return bool(named["cert_hash"].native == hashlib.sha1(der, usedforsecurity=False).digest())


def _verify(signer: cms.SignerInfo, key: object, digest: hashes.HashAlgorithm, signed: bytes) -> None:
    algorithm, value = signer["signature_algorithm"], signer["signature"].native
    kind = algorithm.signature_algo
    try:
        named = algorithm.hash_algo
    except ValueError:
        named = digest.name
    if named != digest.name:
        raise InvalidSignature
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        key.verify(value, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
        salt = algorithm["parameters"]["salt_length"].native
        key.verify(value, signed, padding.PSS(padding.MGF1(digest), salt), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
        key.verify(value, signed, ec.ECDSA(digest))
    else:
        raise InvalidSignature
