"""Values against hashes: a ticket keeps hashes, not the octets they are of."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ...crypto import COORDINATE, algorithm_of
from ..values import raw_of


def right_value_of_digest(certificate: x509.Certificate, digest: bytes, value: bytes) -> bytes | None:
    """The value as the format has it, ECDSA as r‖s; ``None`` unless it is the certificate's over a SHA-256."""
    key = certificate.public_key()
    if algorithm_of(key) is None:
        return None
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, digest, padding.PKCS1v15(), Prehashed(SHA256()))
            return value
        assert isinstance(key, ec.EllipticCurvePublicKey)
        raw = value if len(value) == 2 * COORDINATE else raw_of(value)
        r, s = int.from_bytes(raw[:COORDINATE], "big"), int.from_bytes(raw[COORDINATE:], "big")
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))
        return raw
    except (InvalidSignature, ValueError):
        return None
