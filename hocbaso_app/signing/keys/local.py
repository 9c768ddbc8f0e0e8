"""Keys in this process's memory: PKCS#12 files, and the demo's and the tests' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from .source import KeySourceError, Secrets, SourceDescription
from .values import raw_of, require_allowed


@dataclass(frozen=True)
class LocalKey:
    """A private key in this process's memory (PKCS#12 file, tests, demo)."""

    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """See :class:`~.source.KeySource`."""
        return list(self.each(to_be_signed))

    def each(self, to_be_signed: Iterable[bytes]) -> Iterator[bytes]:
        """See :class:`~.source.SteadyKeySource`."""
        return map(self._sign, to_be_signed)

    def _sign(self, item: bytes) -> bytes:
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(item, padding.PKCS1v15(), hashes.SHA256())
        return raw_of(self.private_key.sign(item, ec.ECDSA(hashes.SHA256())))


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
        if private_key.public_key() != certificate.public_key():
            raise KeySourceError(
                "KEY_MISMATCH",
                "Khóa bí mật không khớp với chứng thư số trong tệp. Hãy xuất lại tệp từ nhà cung cấp.",
                "the private key is not the certificate's",
            )
        require_allowed(certificate)
        assert isinstance(private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return cls(private_key, certificate, tuple(others))


load_pkcs12 = Pkcs12Key.load


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> Pkcs12Key:
    """The key of the file ``settings["file"]``; ``secrets.pin`` is its password."""
    path = Path(description.settings["file"])
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeySourceError(
            "PKCS12_UNREADABLE",
            f"Không đọc được tệp chứng thư số {path}. Hãy kiểm tra đường dẫn rồi thử lại.",
            f"{path}: {error}",
        ) from error
    return Pkcs12Key.load(data, secrets.pin.encode() if secrets.pin else None)
