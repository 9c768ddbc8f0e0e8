"""Whether what came over the wire is worth keeping: signed by whom it must be, about whom was asked, fresh, newer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from hocbaso_app.record.errors import HocBaSoError

from ..algorithms import Algorithms
from ..crls import scope
from ..malformed import MALFORMED

SKEW = timedelta(minutes=5)


class NotKeptError(HocBaSoError):
    """What came is not what it should be."""


def check_crl(
    data: bytes,
    issuer: x509.Certificate,
    now: datetime,
    algorithms: Algorithms,
    kept: Iterable[x509.CertificateRevocationList] = (),
) -> x509.CertificateRevocationList:
    """The list, if it is the issuer's, in force, and not older than the one at hand."""
    try:
        pem = data.startswith(b"-----")
        crl = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
        start, end = crl.last_update_utc, crl.next_update_utc
        signed = crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        hash_name = crl.signature_hash_algorithm
    except MALFORMED as error:
        raise _no("NOT_A_CRL", "không phải danh sách thu hồi", f"no CRL: {error}") from error
    if not signed:
        raise _no("CRL_FORGED", "không do tổ chức cấp chứng thư số ký", "not signed by the issuer")
    _check_digest(hash_name, now, algorithms)
    _check_span(start, end, now)
    if any(start < one.last_update_utc for one in kept if scope(one) == scope(crl)):
        raise _no("CRL_OLDER", "cũ hơn bản đang giữ", f"of {start}: older than the list that is kept")
    return crl


def check_ocsp(
    data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, algorithms: Algorithms
) -> ocsp.OCSPResponse:
    """The answer, if it is about this certificate, in force, and by the issuer or somebody it named for this."""
    try:
        answer = ocsp.load_der_ocsp_response(data)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _no("OCSP_REFUSED", f"từ chối trả lời ({answer.response_status.name})", answer.response_status.name)
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm).build()
        about = (answer.serial_number, answer.issuer_name_hash, answer.issuer_key_hash)
        if about != (asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash):
            raise _no("OCSP_OTHER", "nói về chứng thư số khác", "about another certificate")
        start, end, status = answer.this_update_utc, answer.next_update_utc, answer.certificate_status
        signed = any(_signed(answer, one, issuer, now) for one in (issuer, *answer.certificates))
        hash_name = answer.signature_hash_algorithm
    except MALFORMED as error:
        raise _no("NOT_OCSP", "không phải trả lời OCSP", f"no OCSP answer: {error}") from error
    if not signed:
        raise _no("OCSP_FORGED", "không do người được tổ chức cấp chứng thư số giao ký", "not signed by a responder")
    _check_digest(hash_name, now, algorithms)
    _check_span(start, end, now)
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        raise _no("OCSP_UNKNOWN", "không biết chứng thư số này", "the responder does not know the certificate")
    return answer


def _signed(answer: ocsp.OCSPResponse, signer: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    if signer != issuer and not _named_by(signer, issuer, now):
        return False
    key, digest = signer.public_key(), answer.signature_hash_algorithm
    octets, value = answer.tbs_response_bytes, answer.signature
    try:
        if digest is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, octets, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, octets, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _named_by(signer: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        signer.verify_directly_issued_by(issuer)
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, x509.ExtensionNotFound, *MALFORMED):
        return False
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in usage and signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
    )


def _check_digest(digest: hashes.HashAlgorithm | None, now: datetime, algorithms: Algorithms) -> None:
    if digest is None or not algorithms.allowed(digest.name.replace("-", "_"), now):
        name = digest.name if digest else "?"
        raise _no("ALGORITHM", f"ký bằng thuật toán không còn được chấp nhận ({name})", f"signed with {name}")


def _check_span(start: datetime, end: datetime | None, now: datetime) -> None:
    if start > now + SKEW:
        raise _no("FROM_THE_FUTURE", "ghi ngày trong tương lai; kiểm tra giờ máy chủ", f"begins only at {start}")
    if end is not None and end <= now:
        raise _no("RAN_OUT", "đã hết hạn", f"ran out at {end}")


def _no(code: str, what: str, why: str) -> NotKeptError:
    return NotKeptError(
        code, f"Dữ liệu thu hồi vừa tải {what}; không dùng. Bản đang giữ vẫn dùng tới hết hạn.", f"not kept: {why}"
    )
