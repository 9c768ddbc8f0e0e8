"""Where signatures come from: one interface for every key source.

A source gets octets (canonical SignedInfo or a COSE Sig_structure) and returns
raw values: RSA PKCS#1 v1.5 with SHA-256, or ECDSA P-256 with SHA-256 as r‖s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12

from hocbaso_app.record.errors import HocBaSoError

from .crypto import COORDINATE, algorithm_of


class KeySourceError(HocBaSoError):
    """A key source can't sign; the message says what to do next."""


class KeySource(Protocol):
    """A certificate and the means to sign with its key."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signing certificate; known before anything is signed, since it is part of what is signed."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Intermediate certificates that came with it; may be empty."""

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """One raw value per item, in order, for one confirmation of the signer; :class:`KeySourceError`."""


@dataclass(frozen=True)
class LocalKey:
    """A private key in this process's memory (PKCS#12 file, tests, demo)."""

    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """See :class:`KeySource`."""
        return [self._sign(item) for item in to_be_signed]

    def _sign(self, item: bytes) -> bytes:
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(item, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private_key.sign(item, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")


class Pkcs12Key(LocalKey):
    """The key of a PKCS#12 file (.p12, .pfx)."""

    @classmethod
    def load(cls, data: bytes, password: bytes | None) -> Pkcs12Key:
        """:class:`KeySourceError` for a wrong password, a file without key, a key that the policy does not allow."""
        try:
            private_key, certificate, others = pkcs12.load_key_and_certificates(data, password)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeySourceError(
                "PKCS12_UNREADABLE",
                "Không mở được tệp chứng thư số (.p12/.pfx). Hãy kiểm tra mật khẩu và tệp rồi thử lại.",
                "the PKCS#12 file is damaged or the password is wrong",
            ) from error
        if private_key is None or certificate is None:
            raise KeySourceError(
                "PKCS12_NO_KEY",
                "Tệp chứng thư số không có khóa bí mật. Hãy xuất lại tệp kèm khóa từ nhà cung cấp.",
                "the PKCS#12 file holds no private key with a certificate",
            )
        if algorithm_of(private_key.public_key()) is None or not isinstance(
            private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        ):
            raise KeySourceError(
                "KEY_NOT_ALLOWED",
                "Khóa của chứng thư số không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256.",
                "key must be RSA of at least 2048 bits or ECDSA P-256",
            )
        if private_key.public_key() != certificate.public_key():
            raise KeySourceError(
                "KEY_MISMATCH",
                "Khóa bí mật không khớp với chứng thư số trong tệp. Hãy xuất lại tệp từ nhà cung cấp.",
                "the private key is not the certificate's",
            )
        return cls(private_key, certificate, tuple(others))


load_pkcs12 = Pkcs12Key.load
