"""Since when a signature is known to exist, and what that is good for (past validation, ETSI EN 319 102-1 5.5, 5.6).

What expires, is revoked or becomes weak after the best signature time does the
signature no harm: its path is then checked as of that time. A proof is the
signature's own timestamp, that of a later signature which covers it, or
evidence about the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hocbaso_app.record.errors import HocBaSoError

from .paths import PathChecker
from .timestamps import TimestampToken, TokenVerdict, check_token
from .trust import TrustStore
from .validation_data import ValidationData


@dataclass(frozen=True, slots=True)
class Proof:
    """By ``time`` it existed; ``by`` names what shows it."""

    time: datetime
    by: str


class NoProofError(HocBaSoError):
    """Evidence that shows nothing at a moment, but no sign of manipulation: who needs no proof passes without."""


class Evidence(Protocol):
    """What lies beside a file: proofs of the whole of it, and certificates, CRLs and OCSP answers of its time."""

    @property
    def data(self) -> ValidationData:
        """Everything kept for checking paths as of then."""

    def proofs(
        self, octets: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require"
    ) -> tuple[Proof, ...]:
        """Of exactly these octets, as known at ``at``; :class:`NoProofError` when it can't be relied on then, another
        ``HocBaSoError`` when it is damaged or of other octets."""


def best(proofs: Iterable[Proof]) -> Proof | None:
    """The earliest."""
    return min(proofs, key=lambda proof: proof.time, default=None)


def judge_token(
    token: TimestampToken,
    digest: bytes,
    paths: PathChecker,
    at: datetime,
    revocation: str,
    proofs: Iterable[Proof] = (),
) -> TokenVerdict:
    """A token as of ``at``; where its authority can't be judged any more, as of a proof that the token existed."""
    verdict = check_token(token, digest, paths, at, revocation=revocation)
    for proof in sorted(proofs, key=lambda proof: proof.time):
        if not verdict.undecided:
            break
        if token.time <= proof.time < at:
            known = check_token(token, digest, paths, proof.time, revocation=revocation)
            verdict = known if known.ok else verdict
    return verdict
