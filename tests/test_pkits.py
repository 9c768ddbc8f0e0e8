"""NIST PKITS, all 224 tests of sections 4.1 to 4.16, through our own path checker (data: cryptography_vectors)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, keys
from cryptography import x509
from pyhanko_certvalidator import PKIXValidationParams
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint

from hocbaso_app.signing.algorithms import Algorithms
from hocbaso_app.signing.paths import PathChecker, PathResult

pytest.importorskip("cryptography_vectors", reason="PKITS needs: pip install cryptography_vectors (extra dev)")

AT = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
TABLE = json.loads((Path(__file__).parent / "pkits.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["test"]: case for case in TABLE["tests"]}
PAGE = Path(__file__).parents[1] / "docs" / "judges.md"
_POLICY = "2.16.840.1.101.3.2.1.48.{}"

UNREADABLE = {"DSAParametersInheritedCACert", "ValidDSAParameterInheritanceTest5EE"}
"""No certificates for cryptography, so none for us."""

DEVIATIONS = dict.fromkeys(("4.1.5", "4.3.6", "4.6.8", "4.6.14", "4.8.6.1", "4.8.6.2", "4.14.13"), "stricter")
"""Test → ``stricter`` (we refuse a valid path) or ``laxer`` (we accept an invalid one); why: docs/judges.md."""

BARRED = {"4.1.4"}
"""What only our own algorithm list refuses, among the valid paths."""


class AnyAlgorithm(Algorithms):
    """PKITS asks about paths, not about algorithms."""

    def __init__(self) -> None:
        super().__init__({"issued": "2011-01-01", **{k: {} for k in ("digests", "mechanisms", "curves", "rsa_keys")}})

    def signs_records(self, key: object) -> bool:
        return True

    def allowed(self, name: str, moment: datetime) -> bool:
        return True

    def names_of(self, key: object) -> tuple[str, str]:
        return "any", "any"

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: keys.PublicKeyInfo | None
    ) -> AlgorithmUsageConstraint:
        return AlgorithmUsageConstraint(True)


@cache
def data() -> tuple[dict[str, bytes], list[bytes]]:
    folder = resources.files("cryptography_vectors") / "x509" / "PKITS_data"
    certificates = {one.name[:-4]: one.read_bytes() for one in (folder / "certs").iterdir() if one.name.endswith("crt")}
    return certificates, [one.read_bytes() for one in (folder / "crls").iterdir() if one.name.endswith("crl")]


@cache
def checker(settings: str, permissive: bool) -> PathChecker:
    """Every CA certificate and every CRL of the suite in one heap: paths have to be found as well."""
    certificates, crls = data()
    asked = json.loads(settings)
    policies = frozenset(_POLICY.format(number) for number in asked.get("policies", ())) or frozenset({"any_policy"})
    parameters = PKIXValidationParams(
        policies, asked.get("inhibit_mapping", False), asked.get("explicit", False), asked.get("inhibit_any", False)
    )
    roots = ["TrustAnchorRootCertificate"]
    above = [
        name
        for name in certificates
        if name not in roots and not re.search(r"Test\d+EE$", name) and name not in UNREADABLE
    ]
    return PathChecker(
        [certificates[name] for name in roots],
        [certificates[name] for name in sorted(above)],
        crls,
        algorithms=AnyAlgorithm() if permissive else None,
        parameters=parameters,
    )


def outcome(case: dict[str, Any], permissive: bool = True) -> PathResult:
    if case["certificate"] in UNREADABLE:
        with pytest.raises(ValueError, match="parsing asn1"):
            x509.load_der_x509_certificate(data()[0][case["certificate"]])
        return PathResult(False, "NO_SIGNING_CERTIFICATE_FOUND", "", "unreadable")
    certificate = x509.load_der_x509_certificate(data()[0][case["certificate"]])
    return checker(json.dumps(case["settings"]), permissive).check(certificate, AT)


def test_the_table_is_whole() -> None:
    tests = {tuple(int(part) for part in name.split(".")[1:3]) for name in CASES}
    sizes = {section: sum(1 for one, _ in tests if one == section) for section in range(1, 17)}
    assert list(sizes.values()) == [6, 8, 11, 21, 8, 17, 5, 20, 8, 14, 11, 10, 38, 35, 10, 2]
    assert sum(sizes.values()) == 224
    used = {case["certificate"] for case in CASES.values()}
    assert used == {name for name in data()[0] if re.search(r"Test\d+EE$", name)}


@pytest.mark.filterwarnings("ignore:Parsed a")
@pytest.mark.parametrize("test", CASES)
def test_path(test: str) -> None:
    case = CASES[test]
    result = outcome(case)
    found = "same" if result.ok is case["valid"] else "laxer" if result.ok else "stricter"
    assert found == DEVIATIONS.get(test, "same"), result.message_en


@pytest.mark.filterwarnings("ignore:Parsed a")
@pytest.mark.parametrize("test", CASES)
def test_with_our_own_list_of_algorithms(test: str) -> None:
    ours, any_algorithm = outcome(CASES[test], permissive=False), outcome(CASES[test])
    assert ours.ok is (any_algorithm.ok and test not in BARRED), ours.message_en
    if test in BARRED:
        assert ours.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE"


def test_every_deviation_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for test in (*DEVIATIONS, *BARRED):
        assert re.search(rf"(?<![\d.]){re.escape(test)}(?!\.?\d)", page), test
