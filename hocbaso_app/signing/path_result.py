"""What a path is worth: the library's errors as ETSI EN 319 102-1 sub-indications with two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
)
from pyhanko_certvalidator.path import ValidationPath

from hocbaso_app.record.times import VIETNAM


@dataclass(frozen=True, slots=True)
class PathResult:
    """Whether a certificate can be relied on at a moment; else the ETSI EN 319 102-1 sub-indication and why."""

    ok: bool
    sub_indication: str | None
    message_vi: str
    message_en: str
    chain: tuple[str, ...] = ()
    """Subjects from the leaf to the root."""
    revocation_time: datetime | None = None
    certificates: tuple[bytes, ...] = ()
    """The same certificates, DER."""


def found(path: ValidationPath) -> PathResult:
    """A path that holds."""
    certificates = list(reversed(list(path.iter_certs(include_root=True))))
    return PathResult(
        True,
        None,
        "Chứng thư số hợp lệ.",
        "The certificate path is valid.",
        tuple(certificate.subject.human_friendly for certificate in certificates),
        certificates=tuple(certificate.dump() for certificate in certificates),
    )


def no(sub_indication: str, message_vi: str, message_en: str, revoked: datetime | None = None) -> PathResult:
    """A refusal."""
    return PathResult(False, sub_indication, message_vi, message_en, revocation_time=revoked)


def revoked(when: datetime, why: str, *, authority: bool = False) -> PathResult:
    """The signer's certificate, or one above it."""
    day = f"{when.astimezone(VIETNAM):%d/%m/%Y}"
    if authority:
        return no("REVOKED_CA_NO_POE", f"Chứng thư của tổ chức cấp đã bị thu hồi ngày {day}.", why, when)
    return no("REVOKED", f"Chứng thư số đã bị thu hồi ngày {day}.", why, when)


def malformed(error: Exception) -> PathResult:
    """The certificate, or one above it, can't be read to its end."""
    return no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số có cấu trúc không hợp lệ.", f"malformed: {error}")


def refusal(error: PathValidationError | PathBuildingError) -> PathResult:
    """The library's error."""
    why = str(error)
    if isinstance(error, RevokedError):
        return revoked(error.revocation_dt, why)
    if isinstance(error, ExpiredError):
        return no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số hết hạn và chưa có bằng chứng thời gian.", why)
    if isinstance(error, NotYetValidError):
        return no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số chưa đến ngày có hiệu lực.", why)
    if isinstance(error, StaleRevinfoError):
        why = f"revocation information ran out at {error.time_cutoff}"  # the library's text names the moment asked for
    if isinstance(error, InsufficientRevinfoError):
        return no(
            "TRY_LATER",
            "Thiếu hoặc quá cũ thông tin thu hồi chứng thư số (CRL, OCSP). Hãy cập nhật rồi thử lại.",
            why,
        )
    if isinstance(error, DisallowedAlgorithmError):
        return weak(why, ended=error.banned_since)
    if isinstance(error, PathBuildingError):
        return no("NO_CERTIFICATE_CHAIN_FOUND", "Không nối được chứng thư số tới gốc tin cậy nào.", why)
    return no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không đạt ràng buộc của đường dẫn tin cậy.", why)


def weak(why: str, *, ended: datetime | None) -> PathResult:
    """An algorithm that never was allowed, or that ended and now needs a proof of existence from before."""
    if ended is None:
        return no("CRYPTO_CONSTRAINTS_FAILURE", "Chứng thư số dùng thuật toán không còn an toàn.", why)
    return no(
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        f"Chứng thư số dùng thuật toán hết được chấp nhận từ ngày {ended.astimezone(VIETNAM):%d/%m/%Y} "
        "và chưa có bằng chứng thời gian trước ngày đó.",
        why,
    )
