"""The organisation's signature over one list (CV 2088 II.2.2): enveloped XMLDSig over ``#dataDanhSach``.

One template makes it and checks it, as for records: what is not the template's
octets does not pass.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.canonical import text
from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.signing.certificate import SigningCertificate, read_certificate
from hocbaso_app.signing.crypto import value_is_right
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.xades import ALGORITHMS, DS, EXC_C14N, SHA256, TIME

from .errors import PackageError

LIST_ID = "dataDanhSach"
_NS = f' xmlns="{DS}"'
_ENVELOPED = f"{DS}enveloped-signature"


def _reference(uri: str, transforms: tuple[str, ...], digest: bytes) -> str:
    steps = "".join(f'<Transform Algorithm="{t}"></Transform>' for t in transforms)
    return (
        f'<Reference URI="#{uri}"><Transforms>{steps}</Transforms><DigestMethod Algorithm="{SHA256}"></DigestMethod>'
        f"<DigestValue>{base64.b64encode(digest).decode()}</DigestValue></Reference>"
    )


def _time_property(moment: str, ns: str = "") -> str:
    return (
        f'<SignatureProperty{ns} Id="{LIST_ID}-time" Target="#{LIST_ID}-sig">'
        f'<SigningTime xmlns="{TIME}">{moment}</SigningTime></SignatureProperty>'
    )


def _signed_info(unsigned: bytes, moment: str, algorithm: str) -> str:
    time_digest = hashlib.sha256(_time_property(moment, _NS).encode()).digest()
    return (
        f'<CanonicalizationMethod Algorithm="{EXC_C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{ALGORITHMS[algorithm]}"></SignatureMethod>'
        f"{_reference(LIST_ID, (_ENVELOPED, EXC_C14N), hashlib.sha256(unsigned).digest())}"
        f"{_reference(f'{LIST_ID}-time', (EXC_C14N,), time_digest)}</SignedInfo>"
    )


def _render(signed_info: str, moment: str, certificate: SigningCertificate, der: bytes, value: bytes) -> bytes:
    return (
        f'<Signature{_NS} Id="{LIST_ID}-sig"><SignedInfo>{signed_info}'
        f"<SignatureValue>{base64.b64encode(value).decode()}</SignatureValue><KeyInfo><X509Data>"
        f"<X509SubjectName>{text(certificate.subject_name)}</X509SubjectName>"
        f"<X509Certificate>{base64.b64encode(der).decode()}</X509Certificate></X509Data></KeyInfo>"
        f"<Object><SignatureProperties>{_time_property(moment)}</SignatureProperties></Object></Signature>"
    ).encode()


def sign_list(unsigned: bytes, key: KeySource, signing_time: datetime) -> bytes:
    """The Signature element for a list; ``unsigned`` is the canonical list without it."""
    certificate = SigningCertificate.of(key.certificate)
    if certificate.algorithm is None:
        raise PackageError("WEAK_KEY", "Khóa con dấu không được chấp nhận.", "the key is not allowed")
    moment = write_instant(signing_time)
    signed_info = _signed_info(unsigned, moment, certificate.algorithm)
    value = key.sign([f"<SignedInfo{_NS}>{signed_info}".encode()])[0]
    return _render(signed_info, moment, certificate, key.certificate.public_bytes(Encoding.DER), value)


def check_list(unsigned: bytes, signature: bytes) -> tuple[SigningCertificate, datetime]:
    """Who signed a list, and when they say so; :class:`PackageError` unless the signature is right."""
    try:
        octets = signature.decode()
        der = base64.b64decode(_between(octets, "<X509Certificate>", "</X509Certificate>"), validate=True)
        value = base64.b64decode(_between(octets, "<SignatureValue>", "</SignatureValue>"), validate=True)
        moment = _between(octets, f'<SigningTime xmlns="{TIME}">', "</SigningTime>")
        when = read_instant(moment)
        if write_instant(when) != moment:
            raise ValueError("signing time is not spelled as in a record file")
    except ValueError as error:
        raise _wrong(f"unreadable: {error}") from error
    certificate = read_certificate(der)
    if certificate is None or certificate.public_key is None or certificate.algorithm is None:
        raise _wrong("certificate unreadable or key not allowed")
    signed_info = _signed_info(unsigned, moment, certificate.algorithm)
    if _render(signed_info, moment, certificate, der, value) != signature:
        raise _wrong("not the template over this list")
    if not value_is_right(certificate.public_key, f"<SignedInfo{_NS}>{signed_info}".encode(), value):
        raise _wrong("signature value")
    return certificate, when


def _between(octets: str, start: str, end: str) -> str:
    begin = octets.index(start) + len(start)
    return octets[begin : octets.index(end, begin)]


def _wrong(why: str) -> PackageError:
    return PackageError(
        "LIST_SIGNATURE_WRONG", "Chữ ký của đơn vị trên gói dữ liệu sai hoặc thiếu.", f"list signature: {why}"
    )
