"""Which signature algorithms may stand under a certificate: SHA-256 or stronger, RSA from 2048 bits, NIST curves.

An allow-list (TT 15/2025/TT-BKHCN; ETSI TS 119 312), for use by
pyhanko-certvalidator; the algorithms of record signatures are in :mod:`.crypto`.
"""

from __future__ import annotations

from datetime import datetime

from asn1crypto import algos, keys
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, AlgorithmUsagePolicy

from .crypto import MIN_RSA_BITS

DIGESTS = frozenset({"sha256", "sha384", "sha512"})
SIGNATURES = frozenset(f"{digest}_{kind}" for digest in DIGESTS for kind in ("rsa", "ecdsa"))
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


class CertificateAlgorithms(AlgorithmUsagePolicy):
    """The allow-list; the moment plays no part."""

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        """By name."""
        return AlgorithmUsageConstraint(algo["algorithm"].native in DIGESTS)

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: keys.PublicKeyInfo | None
    ) -> AlgorithmUsageConstraint:
        """By name and, where known, by the issuer's key."""
        name = algo["algorithm"].native
        if name not in SIGNATURES:
            return AlgorithmUsageConstraint(False, failure_reason=f"{name} is not on the list")
        if public_key is not None and not _key_allowed(public_key):
            return AlgorithmUsageConstraint(False, failure_reason="the issuer's key is too weak")
        return AlgorithmUsageConstraint(True)


def _key_allowed(key: keys.PublicKeyInfo) -> bool:
    if key.algorithm == "rsa":
        return bool(key.bit_size >= MIN_RSA_BITS)
    return key.algorithm == "ec" and key.curve[0] == "named" and key.curve[1] in CURVES
