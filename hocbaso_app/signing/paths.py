"""Certificate paths and revocation (RFC 5280, RFC 6960), by pyhanko-certvalidator; never any network.

Answers are kept. The answer for one certificate can only change when a
certificate begins or ends, a CRL or an OCSP answer appears or runs out, a
revocation takes effect or an algorithm ends; between two such instants one
answer serves every moment, so that thousands of records verified "now" cost
one path per certificate.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import PKIXValidationParams

from .algorithms import Algorithms
from .malformed import MALFORMED
from .path_material import Material
from .path_result import PathResult, malformed
from .path_validation import Question, Validation
from .usage import PURPOSES, USAGES, purposes, unfit

MODES = ("require", "if-present")
"""``require``: no answer without a fresh CRL or OCSP answer. ``if-present``: a CA of which the folder has neither
passes; what is there counts, and what has run out still stops."""

_KEPT = 10_000
_A_BIT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate that is trusted by itself: for what, and from when until when (first moment after)."""

    certificate: bytes
    purposes: frozenset[str] = frozenset(PURPOSES)
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def counts_for(self, wanted: frozenset[str], at: datetime) -> bool:
        """Whether a certificate of one of these purposes may hang below it at ``at``."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until) and bool(self.purposes & wanted)


class PathChecker:
    """Paths to a fixed set of anchors, with a fixed set of intermediates, CRLs and OCSP answers.

    The library asks for OCSP answers only where the certificate names a responder.
    """

    def __init__(
        self,
        roots: Sequence[bytes | Anchor],
        intermediates: Sequence[bytes],
        crls: Sequence[bytes],
        ocsps: Sequence[bytes] = (),
        *,
        algorithms: Algorithms | None = None,
        parameters: PKIXValidationParams | None = None,
    ) -> None:
        """DER certificates, CRLs and OCSP answers; ``parameters`` are the policy inputs of RFC 5280 6.1.1."""
        self._anchors = [root if isinstance(root, Anchor) else Anchor(root) for root in roots]
        self.algorithms = algorithms or Algorithms.shipped()
        ders = [anchor.certificate for anchor in self._anchors]
        self._material = Material(ders, intermediates, crls, ocsps)
        self._validation = Validation(self._material, self.algorithms, parameters)
        self._instants: dict[bytes, list[datetime]] = {}
        self._known: dict[tuple[bytes, int, int, str, str], PathResult] = {}

    def check(
        self, certificate: x509.Certificate, at: datetime, revocation: str = "require", usage: str = "signing"
    ) -> PathResult:
        """The state of a certificate at ``at`` (aware); ``revocation`` is one of :data:`MODES`."""
        if revocation not in MODES:
            raise ValueError(f"revocation must be one of {MODES}")
        if usage not in USAGES:
            raise ValueError(f"usage must be one of {USAGES}")
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        der = certificate.public_bytes(Encoding.DER)
        if len(self._known) > _KEPT:
            self._known.clear()
            self._instants.clear()
        instants = self._instants.get(der)
        if instants is None:
            try:
                instants = sorted(set(self._turning_points(certificate)))
            except MALFORMED as error:
                return malformed(error)
            self._instants[der] = instants
        key = (der, bisect_left(instants, at), bisect_right(instants, at), revocation, usage)
        result = self._known.get(key)
        if result is None:
            result = self._known[key] = self._check(certificate, der, at, revocation, usage)
        return result

    def holds_until(
        self, certificate: x509.Certificate, at: datetime, revocation: str = "require", usage: str = "signing"
    ) -> datetime | None:
        """Until when the answer at ``at`` is ``ok`` with what is at hand; ``None`` when it isn't even then."""
        if not self.check(certificate, at, revocation, usage).ok:
            return None
        der = certificate.public_bytes(Encoding.DER)
        instants = self._instants[der]
        for moment in instants[bisect_left(instants, at) :]:
            if not self.check(certificate, moment + _A_BIT, revocation, usage).ok:
                return moment
        return instants[-1]

    def _turning_points(self, certificate: x509.Certificate) -> Iterator[datetime]:
        yield from self.algorithms.instants
        for anchor in self._anchors:
            yield from (moment for moment in (anchor.valid_from, anchor.valid_until) if moment)
        yield from self._material.turning_points(certificate)

    def _check(
        self, certificate: x509.Certificate, der: bytes, at: datetime, revocation: str, usage: str
    ) -> PathResult:
        try:
            refused = unfit(certificate, usage, at, self.algorithms)
            if refused is not None:
                return refused
            leaf = asn1_x509.Certificate.load(der, strict=True)
            return self._validation.answer(
                Question(leaf, at, self._trusted(certificate, at, usage), revocation == "require")
            )
        except MALFORMED as error:
            return malformed(error)

    def _trusted(self, certificate: x509.Certificate, at: datetime, usage: str) -> list[asn1_x509.Certificate]:
        wanted = purposes(certificate, usage)
        return [
            loaded
            for anchor, loaded in zip(self._anchors, self._material.anchors, strict=True)
            if anchor.counts_for(wanted, at)
        ]
