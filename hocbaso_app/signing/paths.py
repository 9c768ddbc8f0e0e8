"""Certificate paths and revocation (RFC 5280, RFC 6960), by pyhanko-certvalidator; never any network.

Answers are kept. The answer for one certificate can only change when a
certificate begins or ends, a CRL or an OCSP answer appears or runs out, a
revocation takes effect or an algorithm ends; between two such instants one
answer serves every moment, so that thousands of records verified "now" cost
one path per certificate.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from asn1crypto import algos, keys
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import (
    InvalidCertificateError,
    PathBuildingError,
    PathValidationError,
    ValidationError,
)
from pyhanko_certvalidator.policy_decl import (
    FRESHNESS_FALLBACK_VALIDITY_DEFAULT,
    NO_REVOCATION,
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidationContext

from .algorithms import Algorithms
from .malformed import MALFORMED
from .ocsp_answers import Kept, OcspAnswers
from .path_result import PathResult, found, malformed, refusal
from .usage import PURPOSES, USAGES, purposes, unfit

MODES = ("require", "if-present")
"""``require``: no answer without a fresh CRL or OCSP answer. ``if-present``: a CA of which the folder has neither
passes; what is there counts, and what has run out still stops."""

_KEPT = 10_000
_A_BIT = timedelta(microseconds=1)
_NO_CONTEXT = SignatureValidationContext()


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate that is trusted by itself: for what, and from when until when (first moment after)."""

    certificate: bytes
    purposes: frozenset[str] = frozenset(PURPOSES)
    valid_from: datetime | None = None
    valid_until: datetime | None = None


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
        self._algorithms = algorithms or Algorithms.shipped()
        self._parameters = parameters
        self._intermediates = [asn1_x509.Certificate.load(der) for der in intermediates]
        self._ocsps = OcspAnswers(ocsps)
        self._crl_index = [x509.load_der_x509_crl(der) for der in crls]
        self._crls = [asn1_crl.CertificateList.load(der) for der in crls]
        self._crl_issuers = {crl.issuer.hashable for crl in self._crls}
        ders = (*(anchor.certificate for anchor in self._anchors), *intermediates)
        self._authorities = [x509.load_der_x509_certificate(der) for der in ders]
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
        certificates = (certificate, *self._authorities)
        answers = self._answers(certificate)
        serials = {one.serial_number for one in certificates} | {r.serial_number for a in answers for r in a.responders}
        yield from self._algorithms.instants
        for anchor in self._anchors:
            yield from (moment for moment in (anchor.valid_from, anchor.valid_until) if moment)
        for answer in answers:
            yield from answer.instants
        for one in certificates:
            yield one.not_valid_before_utc
            yield one.not_valid_after_utc
        for crl in self._crl_index:
            yield crl.next_update_utc or crl.last_update_utc + FRESHNESS_FALLBACK_VALIDITY_DEFAULT
            for serial in serials:
                entry = crl.get_revoked_certificate_by_serial_number(serial)
                if entry is not None:
                    yield entry.revocation_date_utc  # type: ignore[attr-defined,unused-ignore]

    def _answers(self, certificate: x509.Certificate) -> list[Kept]:
        """OCSP answers about the certificate, its possible issuers and the signers of those answers."""
        if not self._ocsps:
            return []
        known = self._ocsps.about({one.serial_number for one in (certificate, *self._authorities)})
        return known + self._ocsps.about({r.serial_number for answer in known for r in answer.responders})

    def _check(
        self, certificate: x509.Certificate, der: bytes, at: datetime, revocation: str, usage: str
    ) -> PathResult:
        try:
            refused = unfit(certificate, usage, at, self._algorithms)
            if refused is not None:
                return refused
            leaf = asn1_x509.Certificate.load(der, strict=True)
            question = _Question(
                leaf,
                at,
                [asn1_x509.Certificate.load(anchor.certificate) for anchor in self._trusted(certificate, at, usage)],
                self._crls_at(certificate, at),
                self._answers(certificate),
            )
            rules = self._rules(question, revocation)
            result = self._validate(question, rules)
            if result.sub_indication == "TRY_LATER":
                result = self._by_later_answers(question, rules, result)
            return self._revoked_elsewhere(question, rules) or result if result.ok else result
        except MALFORMED as error:
            return malformed(error)

    def _trusted(self, certificate: x509.Certificate, at: datetime, usage: str) -> Iterator[Anchor]:
        wanted = purposes(certificate, usage)
        for anchor in self._anchors:
            begun = anchor.valid_from is None or anchor.valid_from <= at
            ended = anchor.valid_until is not None and anchor.valid_until <= at
            if begun and not ended and anchor.purposes & wanted:
                yield anchor

    def _crls_at(self, certificate: x509.Certificate, at: datetime) -> list[asn1_crl.CertificateList]:
        """A CRL that was made after a certificate's end may have dropped it, so it says nothing about it."""
        ends: dict[x509.Name, datetime] = {}
        todo, seen = [certificate], set()
        while todo:
            one = todo.pop()
            seen.add(one)
            ends[one.issuer] = min(one.not_valid_after_utc, ends.get(one.issuer, one.not_valid_after_utc))
            todo += [
                above
                for above in self._authorities
                if above.subject == one.issuer
                and above not in seen
                and above.not_valid_before_utc <= at <= above.not_valid_after_utc
            ]
        return [
            crl
            for crl, known in zip(self._crls, self._crl_index, strict=True)
            if known.issuer not in ends or known.last_update_utc <= ends[known.issuer]
        ]

    def _validate(
        self, question: _Question, rules: RevocationCheckingPolicy, moment: datetime | None = None
    ) -> PathResult:
        context = ValidationContext(
            trust_roots=question.roots,
            other_certs=self._intermediates,
            crls=question.crls,
            ocsps=[answer.as_of(question.at) for answer in question.answers],
            moment=moment or question.at,
            best_signature_time=question.at,
            allow_fetching=False,
            revinfo_policy=CertRevTrustPolicy(rules, retroactive_revinfo=True),
            time_tolerance=timedelta(0),
            algorithm_usage_policy=self._algorithms,
            signature_validator=_Signatures(self._algorithms, question.at),
        )
        validator = CertificateValidator(question.leaf, validation_context=context, pkix_params=self._parameters)
        try:
            return found(asyncio.run(validator.async_validate_path()))
        except (PathValidationError, PathBuildingError, InvalidCertificateError) as error:
            return refusal(error)
        except (ValidationError, *MALFORMED) as error:
            return malformed(error)

    def _by_later_answers(self, question: _Question, rules: RevocationCheckingPolicy, before: PathResult) -> PathResult:
        """An answer given later, by a responder whose own certificate began later, still speaks for the moment."""
        later = {a.this_update for a in question.answers if a.this_update > question.at}
        if not later or not self._validate(question, NO_REVOCATION).ok:
            return before
        results = (self._validate(question, rules, moment) for moment in sorted(later))
        return next((result for result in results if result.ok), before)

    def _revoked_elsewhere(self, question: _Question, rules: RevocationCheckingPolicy) -> PathResult | None:
        """The library stops at a good OCSP answer; a CRL that says revoked counts all the same."""
        for serial in sorted({answer.serial for answer in question.answers}):
            others = [answer for answer in question.answers if answer.serial != serial]
            second = self._validate(replace(question, answers=others), rules)
            if second.revocation_time is not None:
                return second
        return None

    def _rules(self, question: _Question, revocation: str) -> RevocationCheckingPolicy:
        """The library's soft mode passes over CRLs that a certificate doesn't point to; ours doesn't."""
        if revocation == "require":
            return REQUIRE_REVINFO
        answered = {answer.serial for answer in question.answers}
        return RevocationCheckingPolicy(
            self._rule([question.leaf], answered), self._rule(self._intermediates, answered)
        )

    def _rule(self, certificates: Iterable[asn1_x509.Certificate], answered: set[int]) -> RevocationCheckingRule:
        covered = {c.issuer.hashable in self._crl_issuers or c.serial_number in answered for c in certificates}
        if covered == {True}:
            return RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
        return RevocationCheckingRule.CHECK_IF_DECLARED_SOFT if True in covered else RevocationCheckingRule.NO_CHECK


@dataclass(frozen=True, slots=True)
class _Question:
    leaf: asn1_x509.Certificate
    at: datetime
    roots: list[asn1_x509.Certificate]
    crls: list[asn1_crl.CertificateList]
    answers: list[Kept]


class _Signatures(DefaultSignatureValidator):
    """The library asks the algorithm policy for certificates only; CRLs and OCSP answers are signed too."""

    def __init__(self, algorithms: Algorithms, at: datetime) -> None:
        self._algorithms = algorithms
        self._at = at

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = _NO_CONTEXT,
    ) -> None:
        if not self._algorithms.signature_algorithm_allowed(signature_algorithm, self._at, public_key_info):
            raise InvalidSignature
        super().validate_signature(signature, signed_data, public_key_info, signature_algorithm, context)
