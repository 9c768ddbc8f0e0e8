"""The principal's signed decision to lock the records of a school year, or to lift that lock; anyone can check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography import x509

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.cose import SealError, Unsealed, open_seal
from hocbaso_app.signing.cose import prepare as prepare_seal
from hocbaso_app.signing.identity import person_id
from hocbaso_app.signing.trust import TrustStore

from .errors import UncertainError

KIND = "year-lock"
LOCK, LIFT = "lock", "lift"


@dataclass(frozen=True, slots=True)
class YearDecision:
    """What was decided, on what grounds, by whom; times as in a record file.

    ``points`` are the open points that the principal knew of; ``records_sha256`` covers the released files of the year.
    """

    decision: str
    school_code: str
    school_name: str
    school_year: str
    decision_number: str
    minutes_number: str
    reason: str
    points: Mapping[str, int]
    records: int
    records_sha256: str
    decided_at: str
    decided_by: str
    citizen_id: str

    def __post_init__(self) -> None:
        """``ValueError`` for a decision that is none."""
        if self.decision not in (LOCK, LIFT):
            raise ValueError("a decision locks or lifts")


def prepare(decision: YearDecision, certificate: x509.Certificate) -> Unsealed:
    """What the principal's key is to sign."""
    return prepare_seal(asdict(decision), certificate, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> YearDecision:
    """A decision signed by the very person it names, with a certificate valid then; :class:`UncertainError` else."""
    try:
        sealed = open_seal(token, kind=KIND)
        decision = YearDecision(**sealed.claims)
        moment = at or read_instant(decision.decided_at)
    except (SealError, TypeError, ValueError) as error:
        raise _wrong(str(error)) from error
    result = trust.paths.check(sealed.certificate, moment)
    if not result.ok:
        raise _wrong(f"certificate: {result.message_en}")
    if person_id(sealed.certificate) != decision.citizen_id:
        raise _wrong("signed by somebody else than the decision names")
    return decision


def _wrong(why: str) -> UncertainError:
    return UncertainError(
        "YEAR_LOCK_WRONG",
        "Quyết định khóa năm học không đúng: chữ ký số sai hoặc không phải của người quyết định.",
        f"year lock: {why}",
    )
