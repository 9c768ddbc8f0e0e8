"""One question to pyhanko-certvalidator, answered certificate by certificate from the anchor down."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidationContext
from pyhanko_certvalidator.validate import async_validate_path

from .algorithms import Algorithms
from .malformed import MALFORMED
from .ocsp_answers import Kept
from .path_material import Material
from .path_result import PathResult, found, malformed, refusal, revoked

_REQUIRED = RevocationCheckingPolicy(RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK)
"""Of the last certificate of a path; those above it have had their turn."""
_NO_CONTEXT = SignatureValidationContext()
_LATER = 3
"""Later answers tried: each is a path of its own, and whoever brings evidence chooses how many there are."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about, when, and under which anchors."""

    leaf: asn1_x509.Certificate
    at: datetime
    roots: Sequence[asn1_x509.Certificate]
    required: bool
    """Whether a certificate without any CRL or answer at hand is refused."""


@dataclass(frozen=True, slots=True)
class Validation:
    """``parameters`` are the policy inputs of RFC 5280 6.1.1."""

    material: Material
    algorithms: Algorithms
    parameters: PKIXValidationParams | None = None

    def answer(self, question: Question) -> PathResult:
        """The first path that holds; else why the best one doesn't."""
        builder = self._context(question, question.at).path_builder
        try:
            paths = _at_once(_collected(builder, question.leaf))
        except PathBuildingError as error:
            return refusal(error)
        except (ValidationError, *MALFORMED) as error:
            return malformed(error)
        results: list[PathResult] = []
        for path in paths:
            result = self._along(question, path)
            if result.ok:
                return result
            results.append(result)
        signed = [result for result in results if "signature" not in result.message_en]
        return (signed or results)[0]

    def _along(self, question: Question, path: ValidationPath) -> PathResult:
        whole = self._run(question, path, NO_REVOCATION, [])
        if not whole.ok:
            return whole
        certificates = list(path.iter_certs(include_root=False))
        missing: PathResult | None = None
        for place, certificate in enumerate(certificates):
            part = ValidationPath(path.trust_anchor, certificates[:place], certificate)
            result = self._one(question, part, certificate)
            if result.sub_indication == "TRY_LATER":  # what is missing above must not hide a revocation below
                missing = missing or result
            elif not result.ok:
                return result if certificate is certificates[-1] else _of_authority(result)
        return missing or whole

    def _one(self, question: Question, part: ValidationPath, certificate: asn1_x509.Certificate) -> PathResult:
        """Whether the last certificate of a part is revoked."""
        answers = self.material.answers_for(certificate.serial_number)
        if not question.required and not answers and not self.material.crls_for(certificate):
            return found(part)
        result = self._run(question, part, _REQUIRED, answers)
        if result.sub_indication == "TRY_LATER":
            result = self._by_later_answers(question, part, answers, result)
        if result.ok and answers:  # the library stops at a good answer; a CRL that says revoked counts all the same
            others = [answer for answer in answers if answer.serial != certificate.serial_number]
            second = self._run(question, part, _REQUIRED, others)
            result = second if second.revocation_time is not None else result
        return result

    def _by_later_answers(
        self, question: Question, part: ValidationPath, answers: list[Kept], before: PathResult
    ) -> PathResult:
        """An answer given later, by a responder whose own certificate began later, still speaks for the moment."""
        later = sorted({answer.this_update for answer in answers if answer.this_update > question.at})[:_LATER]
        results = (self._run(question, part, _REQUIRED, answers, moment) for moment in later)
        return next((result for result in results if result.ok), before)

    def _run(
        self,
        question: Question,
        path: ValidationPath,
        rules: RevocationCheckingPolicy,
        answers: Sequence[Kept],
        moment: datetime | None = None,
    ) -> PathResult:
        whole = rules is NO_REVOCATION
        context = self._context(question, moment or question.at, rules, path.leaf, answers)
        try:
            _at_once(async_validate_path(context, path, self.parameters if whole else None))
        except (RevokedError, InsufficientRevinfoError) as error:
            return refusal(error)
        except PathValidationError as error:
            # of an authority: the library judges revocation first, and what comes after it are rules of a last
            # certificate, which an authority above others is not; as one of the whole path it has passed already
            authority = path.leaf is not None and path.leaf.dump() != question.leaf.dump()
            return found(path) if authority and not whole and moment is None else refusal(error)
        except (ValidationError, *MALFORMED) as error:
            return malformed(error)
        return found(path)

    def _context(
        self,
        question: Question,
        moment: datetime,
        rules: RevocationCheckingPolicy = NO_REVOCATION,
        certificate: asn1_x509.Certificate | None = None,
        answers: Sequence[Kept] = (),
    ) -> ValidationContext:
        return ValidationContext(
            trust_roots=question.roots,
            other_certs=self.material.intermediates,
            crls=self.material.crls_about(certificate) if certificate is not None else [],
            ocsps=[answer.as_of(question.at) for answer in answers],
            moment=moment,
            best_signature_time=question.at,
            allow_fetching=False,
            revinfo_policy=CertRevTrustPolicy(rules, retroactive_revinfo=True),
            time_tolerance=timedelta(0),
            algorithm_usage_policy=self.algorithms,
            signature_validator=_Signatures(self.algorithms, question.at),
        )


T = TypeVar("T")


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """The library's coroutines wait for nothing where nothing is fetched, so they need no event loop."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    work.close()
    raise RuntimeError("the path validator waits for something")


def _of_authority(result: PathResult) -> PathResult:
    if result.revocation_time is None:
        return result
    return revoked(result.revocation_time, result.message_en, authority=True)


async def _collected(builder: object, leaf: asn1_x509.Certificate) -> list[ValidationPath]:
    paths = builder.async_build_paths_lazy(leaf)  # type: ignore[attr-defined]
    try:
        return [path async for path in paths]
    finally:
        await paths.cancel()


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
