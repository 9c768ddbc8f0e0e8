"""Which algorithms may stand under a signature, and until when: an allow-list with dates, for pyhanko-certvalidator.

The shipped list is ``data/algorithms.json`` with its sources; a trust folder
may bring a newer one. ``until`` bars: from that day on only what is proved to
be older counts. ``advised_until`` is what ETSI advises where the law sets no
end; it warns and bars nothing. No list can bring back what :data:`KNOWN` lacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from asn1crypto import algos, keys
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy

from hocbaso_app.record.times import VIETNAM

from .crypto import MIN_RSA_BITS, algorithm_of

KNOWN = {
    "digests": frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"}),
    "mechanisms": frozenset({"rsa", "rsassa_pss", "ecdsa"}),
    "curves": frozenset({"secp256r1", "secp384r1", "secp521r1", "brainpoolp256r1", "brainpoolp384r1"}),
}


@dataclass(frozen=True, slots=True)
class Span:
    """How long an algorithm may be used: both ends are the first moment after it."""

    until: datetime | None = None
    advised_until: datetime | None = None


class Algorithms(AlgorithmUsagePolicy):
    """One dated list.

    Names are a digest (``sha256``), a signature (``sha256_rsa``, ``sha256_ecdsa``, ``sha256_rsassa_pss``), an RSA
    key by its bits (``rsa-2048``) or a curve (``secp256r1``).
    """

    def __init__(self, claims: dict[str, Any]) -> None:
        """``ValueError``, ``KeyError`` or ``TypeError`` for anything that is no list."""
        self.issued = date.fromisoformat(claims["issued"])
        self._spans: dict[str, Span] = {}
        for kind, known in KNOWN.items():
            strangers = set(claims[kind]) - known
            if strangers:
                raise ValueError(f"not allowed in {kind}: {', '.join(sorted(strangers))}")
            self._spans.update({name: _span(entry) for name, entry in claims[kind].items()})
        self._rsa = sorted((int(bits), _span(entry)) for bits, entry in claims["rsa_keys"].items())
        if self._rsa and self._rsa[0][0] < MIN_RSA_BITS:
            raise ValueError(f"RSA keys under {MIN_RSA_BITS} bits are never allowed")

    @classmethod
    def read(cls, data: bytes) -> Algorithms:
        """From the octets of an ``algorithms.json``."""
        return cls(json.loads(data))

    @staticmethod
    def shipped() -> Algorithms:
        """The list of this release."""
        return _shipped()

    @property
    def instants(self) -> Iterator[datetime]:
        """When an answer may change."""
        for span in (*self._spans.values(), *(span for _, span in self._rsa)):
            if span.until is not None:
                yield span.until

    def allowed(self, name: str, moment: datetime) -> bool:
        """Whether ``name`` may be used at ``moment``; never for a name that is not on the list."""
        spans = self._of(name)
        return spans is not None and all(span.until is None or moment < span.until for span in spans)

    def ends(self, name: str) -> datetime | None:
        """The moment from which ``name`` is barred, where one is set."""
        return min((span.until for span in self._of(name) or () if span.until), default=None)

    def advised_end(self, name: str) -> datetime | None:
        """The moment by which ETSI advises to have left ``name``, or that of :meth:`ends` if sooner."""
        spans = self._of(name) or ()
        return min((end for span in spans for end in (span.until, span.advised_until) if end), default=None)

    def signs_records(self, key: object) -> bool:
        """Whether the format of the record has a signature algorithm for this key at all."""
        return algorithm_of(key) is not None

    def names_of(self, key: object) -> tuple[str, str] | None:
        """Names of a public key of cryptography and of its signature with SHA-256: what signs a record."""
        if isinstance(key, rsa.RSAPublicKey):
            return f"rsa-{key.key_size}", "sha256_rsa"
        if isinstance(key, ec.EllipticCurvePublicKey):
            return key.curve.name.lower(), "sha256_ecdsa"
        return None

    def _of(self, name: str) -> tuple[Span, ...] | None:
        if name.startswith("rsa-"):
            fitting = [span for bits, span in self._rsa if bits <= int(name[4:])]
            return (fitting[-1],) if fitting else None
        mechanism = next((one for one in KNOWN["mechanisms"] if name.endswith(f"_{one}")), None)
        parts = [name.removesuffix(f"_{mechanism}"), mechanism] if mechanism else [name]
        spans = [self._spans.get(part) for part in parts]
        return tuple(span for span in spans if span is not None) if None not in spans else None

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        """For the library."""
        return self._constraint(algo["algorithm"].native, moment)

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: keys.PublicKeyInfo | None
    ) -> AlgorithmUsageConstraint:
        """For the library: by name and, where known, by the issuer's key."""
        name = algo["algorithm"].native
        if name == "rsassa_pss":
            name = f"{algo.hash_algo}_rsassa_pss"
        found = self._constraint(name, moment)
        if not found or public_key is None:
            return found
        key = _key_name(public_key)
        return self._constraint(key, moment) if key else AlgorithmUsageConstraint(False, failure_reason="unknown key")

    def _constraint(self, name: str, moment: datetime | None) -> AlgorithmUsageConstraint:
        end = self.ends(name)
        if self._of(name) is None or (moment is None and end is not None):
            return AlgorithmUsageConstraint(False, failure_reason=f"{name} is not on the list")
        if moment is None or end is None or moment < end:
            return AlgorithmUsageConstraint(True)
        return AlgorithmUsageConstraint(False, end, f"{name} is barred since {end:%Y-%m-%d}")


@lru_cache(maxsize=1)
def _shipped() -> Algorithms:
    return Algorithms.read(resources.files(__package__).joinpath("data/algorithms.json").read_bytes())


def allowed(name: str, moment: datetime) -> bool:
    """:meth:`Algorithms.allowed` of the shipped list."""
    return _shipped().allowed(name, moment)


def _span(entry: dict[str, Any]) -> Span:
    return Span(_start_of_day(entry["until"]), _start_of_day(entry.get("advised_until")))


def _start_of_day(day: str | None) -> datetime | None:
    return None if day is None else datetime.combine(date.fromisoformat(day), datetime.min.time(), VIETNAM)


def _key_name(key: keys.PublicKeyInfo) -> str | None:
    if key.algorithm in ("rsa", "rsassa_pss"):
        return f"rsa-{key.bit_size}"
    if key.algorithm == "ec" and key.curve[0] == "named":
        return str(key.curve[1])
    return None
