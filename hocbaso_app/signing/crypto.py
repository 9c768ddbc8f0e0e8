"""The two signature algorithms of the format: RSA PKCS#1 v1.5 and ECDSA P-256, both with SHA-256.

ECDSA values travel as r‖s, 64 octets (XMLDSig 6.4.3, RFC 9053).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

MIN_RSA_BITS = 2048
COORDINATE = 32
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def algorithm_of(key: object) -> str | None:
    """``"rsa"`` or ``"ec"`` for a public key that the policy allows, else ``None``."""
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa" if key.key_size >= MIN_RSA_BITS else None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ec" if isinstance(key.curve, ec.SECP256R1) else None
    return None


def value_is_right(key: PublicKey, message: bytes, value: bytes) -> bool:
    """Whether ``value`` is a signature of ``message`` by an allowed ``key``."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, message, padding.PKCS1v15(), hashes.SHA256())
        elif len(value) == 2 * COORDINATE:
            r, s = int.from_bytes(value[:COORDINATE], "big"), int.from_bytes(value[COORDINATE:], "big")
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True
