"""Certificate paths: every way in which a certificate can be unfit, by its ETSI name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import cache

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext
from pyhanko_certvalidator._state import ValProcState
from pyhanko_certvalidator.errors import PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.util import ConsList

from hocbaso_app.demo.ca import Authority, DemoCA, PrivateKey, new_key
from hocbaso_app.signing import path_validation
from hocbaso_app.signing.paths import MODES, PathChecker, PathResult

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WHO = ("Nguyễn Thị An", "031199000001")
SIGNING = x509.KeyUsage(True, False, False, False, False, False, False, False, False)


@cache
def ca() -> DemoCA:
    return DemoCA.create(NOW)


def der(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def checker(own: DemoCA, crls: Sequence[bytes] | None = None) -> PathChecker:
    authorities = (own.root, own.persons, own.organisations)
    return PathChecker(
        der([own.root.certificate]),
        der([own.persons.certificate, own.organisations.certificate]),
        [a.crl(NOW) for a in authorities] if crls is None else crls,
    )


def issue(
    issuer: Authority,
    *extensions: tuple[x509.ExtensionType, bool],
    key: PrivateKey | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    """A bare certificate with just these extensions."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bare")]))
        .issuer_name(issuer.certificate.subject)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .serial_number(x509.random_serial_number())
        .public_key((key or new_key("ec")).public_key())
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key, algorithm or hashes.SHA256())  # type: ignore[arg-type]


def refused(result: PathResult, sub_indication: str) -> None:
    assert not result.ok
    assert result.sub_indication == sub_indication, result.message_en
    assert result.message_vi
    assert result.chain == ()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_good_certificate_passes(algorithm: str, mode: str) -> None:
    result = checker(ca()).check(ca().person(*WHO, algorithm=algorithm).certificate, NOW, mode)
    assert result.ok, result.message_en
    assert result.sub_indication is None
    assert len(result.chain) == 3
    assert "Nguyễn Thị An" in result.chain[0]
    assert "Root" in result.chain[-1]


def test_rsa_authorities_pass_too() -> None:
    own = DemoCA.create(NOW, fast=False)
    assert checker(own).check(own.organisation("Trường", "0209999901", algorithm="ec").certificate, NOW).ok


def test_validity_is_judged_at_the_moment_and_to_the_second() -> None:
    start, end = NOW - DAY, NOW + DAY
    certificate = ca().person(*WHO, algorithm="ec", not_before=start, not_after=end).certificate
    paths = checker(ca())
    for moment in (start, NOW, end):
        assert paths.check(certificate, moment).ok, moment
    for moment in (start - SECOND, end + SECOND):
        refused(paths.check(certificate, moment), "OUT_OF_BOUNDS_NO_POE")
    assert "hết hạn" in paths.check(certificate, end + SECOND).message_vi
    assert "chưa đến ngày" in paths.check(certificate, start - SECOND).message_vi


@pytest.mark.parametrize("mode", MODES)
def test_revocation_counts_from_its_time_on(mode: str) -> None:
    own = DemoCA.create(NOW)
    revoked_at = NOW - DAY
    certificate = own.person(*WHO, algorithm="ec", revoked_at=revoked_at).certificate
    bystander = own.person("Trần Văn Bình", "031199000002", algorithm="ec").certificate
    paths = checker(own)
    result = paths.check(certificate, NOW, mode)
    refused(result, "REVOKED")
    assert result.revocation_time == revoked_at
    assert "28/05/2026" in result.message_vi
    refused(paths.check(certificate, revoked_at + SECOND, mode), "REVOKED")
    assert paths.check(certificate, revoked_at - SECOND, mode).ok
    assert paths.check(bystander, NOW, mode).ok


@pytest.mark.parametrize("mode", MODES)
def test_a_revoked_certificate_without_distribution_point_is_found(mode: str) -> None:
    own = DemoCA.create(NOW)
    certificate = issue(own.persons, (SIGNING, True))
    assert checker(own).check(certificate, NOW, mode).ok
    own.revoke(certificate, NOW - DAY)
    refused(checker(own).check(certificate, NOW, mode), "REVOKED")


@pytest.mark.parametrize("mode", MODES)
def test_a_revoked_authority_stops_its_certificates(mode: str) -> None:
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec").certificate
    own.revoke(own.persons.certificate, NOW - DAY)
    refused(checker(own).check(certificate, NOW, mode), "REVOKED_CA_NO_POE")


def test_without_crls_require_waits_and_if_present_passes() -> None:
    certificate = ca().person(*WHO, algorithm="ec").certificate
    paths = checker(ca(), crls=[])
    refused(paths.check(certificate, NOW), "TRY_LATER")
    assert paths.check(certificate, NOW, "if-present").ok


def test_if_present_still_reads_the_crls_that_are_there() -> None:
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec", revoked_at=NOW - DAY).certificate
    other = own.person("Trần Văn Bình", "031199000002", algorithm="ec").certificate
    paths = checker(own, crls=[own.persons.crl(NOW)])  # the root's is missing
    refused(paths.check(other, NOW, "require"), "TRY_LATER")
    assert paths.check(other, NOW, "if-present").ok
    for mode in MODES:
        refused(paths.check(certificate, NOW, mode), "REVOKED")


def test_a_list_that_ran_out_above_hides_no_revocation_below() -> None:
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec", revoked_at=NOW - DAY).certificate
    stale = own.root.crl(NOW - 40 * DAY, days=30)
    refused(checker(own, crls=[stale, own.persons.crl(NOW)]).check(certificate, NOW), "REVOKED")


def test_whatever_is_said_against_the_last_certificate_s_own_state_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list is known to bring the library there, so the reason is put in."""
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec").certificate
    judged = path_validation.async_validate_path

    async def stricter(context: ValidationContext, path: ValidationPath, parameters: PKIXValidationParams) -> None:
        if context.revinfo_policy.revocation_checking_policy.ee_certificate_rule.strict:
            raise PathValidationError("another reason", proc_state=ValProcState(cert_path_stack=ConsList.sing(path)))
        await judged(context, path, parameters)

    monkeypatch.setattr(path_validation, "async_validate_path", stricter)
    refused(checker(own).check(certificate, NOW), "CHAIN_CONSTRAINTS_FAILURE")


def test_the_list_of_a_sister_authority_is_no_list_of_the_root() -> None:
    """The library alone takes it for one: a revoked authority would go unnoticed where the root's list is missing."""
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec").certificate
    own.revoke(own.persons.certificate, NOW - DAY)
    sisters = [own.persons.crl(NOW), own.organisations.crl(NOW)]
    refused(checker(own, sisters).check(certificate, NOW), "TRY_LATER")
    refused(checker(own, [own.root.crl(NOW), *sisters]).check(certificate, NOW), "REVOKED_CA_NO_POE")


def test_an_authority_of_the_same_name_that_nobody_trusts_adds_nothing() -> None:
    own, forger = DemoCA.create(NOW), DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec", revoked_at=NOW - DAY).certificate
    paths = PathChecker(
        der([own.root.certificate]),
        der([own.persons.certificate, forger.persons.certificate, forger.root.certificate]),
        [own.root.crl(NOW), forger.persons.crl(NOW), forger.root.crl(NOW)],
    )
    refused(paths.check(certificate, NOW), "TRY_LATER")
    refused(paths.check(forger.person(*WHO, algorithm="ec").certificate, NOW), "NO_CERTIFICATE_CHAIN_FOUND")


@pytest.mark.parametrize("mode", MODES)
def test_a_crl_that_ran_out_stops(mode: str) -> None:
    certificate = ca().person(*WHO, algorithm="ec").certificate
    crls = [authority.crl(NOW - 10 * DAY, days=5) for authority in (ca().root, ca().persons)]
    paths = checker(ca(), crls)
    assert paths.check(certificate, NOW - 5 * DAY, mode).ok
    refused(paths.check(certificate, NOW - 5 * DAY + SECOND, mode), "TRY_LATER")


def test_a_crl_by_another_key_of_the_same_name_does_not_count() -> None:
    certificate = ca().person(*WHO, algorithm="ec").certificate
    forger = Authority("persons", new_key("ec"), ca().persons.certificate)
    paths = checker(ca(), crls=[ca().root.crl(NOW), forger.crl(NOW)])
    refused(paths.check(certificate, NOW), "TRY_LATER")


@pytest.mark.parametrize("mode", MODES)
def test_an_unknown_root_is_not_trusted_even_with_the_same_names(mode: str) -> None:
    stranger = DemoCA.create(NOW, "Stranger").person(*WHO, algorithm="ec").certificate
    refused(checker(ca()).check(stranger, NOW, mode), "NO_CERTIFICATE_CHAIN_FOUND")
    twin = DemoCA.create(NOW).person(*WHO, algorithm="ec").certificate
    assert not checker(ca()).check(twin, NOW, mode).ok


def test_a_self_signed_certificate_is_not_trusted() -> None:
    key = new_key("ec")
    name = x509.Name([x509.NameAttribute(NameOID.USER_ID, "CCCD:031199000001")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    own = (
        builder.not_valid_before(NOW).not_valid_after(NOW + DAY).public_key(key.public_key()).sign(key, hashes.SHA256())
    )
    refused(checker(ca()).check(own, NOW), "NO_CERTIFICATE_CHAIN_FOUND")


def test_key_usage_must_allow_signing() -> None:
    def usage(**bits: bool) -> x509.Certificate:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        others = {"key_cert_sign": False, "crl_sign": False, "encipher_only": False, "decipher_only": False}
        extension = x509.KeyUsage(**{name: bits.get(name, False) for name in names}, **others)
        return issue(ca().persons, (extension, True))

    paths = checker(ca())
    assert paths.check(usage(digital_signature=True), NOW).ok
    assert paths.check(usage(content_commitment=True), NOW).ok
    refused(paths.check(usage(key_encipherment=True, key_agreement=True), NOW), "CHAIN_CONSTRAINTS_FAILURE")


def test_an_authority_does_not_sign_records() -> None:
    refused(checker(ca()).check(ca().persons.certificate, NOW), "CHAIN_CONSTRAINTS_FAILURE")
    refused(checker(ca()).check(ca().root.certificate, NOW), "CHAIN_CONSTRAINTS_FAILURE")


def test_a_person_cannot_issue_certificates() -> None:
    teacher = ca().person(*WHO, algorithm="ec")
    forged = issue(Authority("x", teacher.private_key, teacher.certificate), (SIGNING, True))
    paths = PathChecker(
        der([ca().root.certificate]),
        der([ca().persons.certificate, teacher.certificate]),
        [ca().root.crl(NOW), ca().persons.crl(NOW)],
    )
    for mode in MODES:
        refused(paths.check(forged, NOW, mode), "CHAIN_CONSTRAINTS_FAILURE")


@pytest.mark.parametrize(
    "key", [lambda: new_key("rsa", 1024), lambda: ec.generate_private_key(ec.SECP384R1())], ids=["rsa-1024", "p-384"]
)
def test_keys_outside_the_policy_do_not_pass(key) -> None:  # type: ignore[no-untyped-def]
    certificate = issue(ca().persons, (SIGNING, True), key=key())
    refused(checker(ca()).check(certificate, NOW), "CRYPTO_CONSTRAINTS_FAILURE")


def resign(certificate: x509.Certificate, key: PrivateKey, algorithm: hashes.HashAlgorithm) -> x509.Certificate:
    """The certificate under a weak digest, which the builder of today's cryptography refuses to use."""
    raw = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    name = {"algorithm": f"{algorithm.name}_ecdsa"}
    raw["tbs_certificate"]["signature"] = name
    raw["signature_algorithm"] = name
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    raw["signature_value"] = key.sign(raw["tbs_certificate"].dump(force=True), ec.ECDSA(algorithm))
    return x509.load_der_x509_certificate(raw.dump(force=True))


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA224(), hashes.SHA256()], ids=lambda a: a.name)
def test_weak_digests_under_a_certificate_do_not_pass(algorithm: hashes.HashAlgorithm) -> None:
    certificate = resign(issue(ca().persons, (SIGNING, True)), ca().persons.key, algorithm)
    result = checker(ca()).check(certificate, NOW)
    if algorithm.name == "sha256":
        assert result.ok, result.message_en  # so it is the digest that the others are refused for
    else:
        refused(result, "CRYPTO_CONSTRAINTS_FAILURE")


def test_stronger_digests_pass() -> None:
    assert checker(ca()).check(issue(ca().persons, (SIGNING, True), algorithm=hashes.SHA512()), NOW).ok


@pytest.mark.parametrize("bits", [1024])
def test_a_weak_authority_key_does_not_pass(bits: int) -> None:
    own = DemoCA.create(NOW)
    key = new_key("rsa", bits)
    own.persons.certificate = issue(
        own.root,
        (x509.BasicConstraints(True, 0), True),
        (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        key=key,
    )
    own.persons.key = key
    refused(checker(own).check(own.person(*WHO, algorithm="ec").certificate, NOW), "CRYPTO_CONSTRAINTS_FAILURE")


@pytest.mark.parametrize(
    "extension",
    [
        (x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\xff\xff"), True),
        (x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, b"\x30\x03\x02"), True),
        (x509.UnrecognizedExtension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, b"nonsense"), False),
        (x509.UnrecognizedExtension(ExtensionOID.CRL_DISTRIBUTION_POINTS, b"\x04"), False),
        (x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x82\xff\xff"), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),
    ],
    ids=["usage", "constraints", "key-id", "crl-points", "alt-name", "unknown-critical"],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_malformed_certificate_is_an_answer_not_a_crash(
    extension: tuple[x509.ExtensionType, bool], mode: str
) -> None:
    certificate = issue(ca().persons, extension)
    result = checker(ca()).check(certificate, NOW, mode)
    refused(result, "CHAIN_CONSTRAINTS_FAILURE")


@pytest.mark.filterwarnings("ignore:Parsed a negative serial number")
def test_a_certificate_with_any_altered_octet_is_an_answer_not_a_crash() -> None:
    octets = issue(ca().persons, (SIGNING, True), (x509.BasicConstraints(False, None), True)).public_bytes(Encoding.DER)
    paths, read = checker(ca()), 0
    original = x509.load_der_x509_certificate(octets)
    assert paths.check(original, NOW).ok
    for position in range(len(octets)):
        for mask in (0x01, 0x80):
            altered = bytearray(octets)
            altered[position] ^= mask
            try:
                certificate = x509.load_der_x509_certificate(bytes(altered))
                certificate.not_valid_before_utc, certificate.not_valid_after_utc  # noqa: B018
            except (ValueError, x509.InvalidVersion):
                continue
            read += 1
            # the issuer's signature value has more than one spelling; what it signs has one
            same = certificate.tbs_certificate_bytes == original.tbs_certificate_bytes
            assert same or not paths.check(certificate, NOW).ok, position
    assert read > 100


def test_an_extension_twice_is_an_answer_not_a_crash() -> None:
    raw = asn1_x509.Certificate.load(issue(ca().persons, (SIGNING, True)).public_bytes(Encoding.DER))
    extensions = raw["tbs_certificate"]["extensions"]
    extensions.append(extensions[0].copy())
    raw["signature_value"] = ca().persons.key.sign(  # type: ignore[call-arg]
        raw["tbs_certificate"].dump(force=True), ec.ECDSA(hashes.SHA256())
    )
    certificate = x509.load_der_x509_certificate(raw.dump(force=True))
    refused(checker(ca()).check(certificate, NOW), "CHAIN_CONSTRAINTS_FAILURE")


def test_answers_are_kept_and_stay_right_across_every_turning_point() -> None:
    own = DemoCA.create(NOW)
    certificate = own.person(
        *WHO, algorithm="ec", not_before=NOW - 3 * DAY, not_after=NOW + 3 * DAY, revoked_at=NOW + DAY
    ).certificate
    crls = [own.root.crl(NOW, days=2), own.persons.crl(NOW, days=2)]
    kept = checker(own, crls)
    moments = [NOW + timedelta(hours=hours) for hours in range(-80, 81, 4)]
    moments += [NOW + n * DAY + d for n in (-3, 0, 1, 2, 3) for d in (-SECOND, timedelta(0), SECOND)]
    for mode in MODES:
        for moment in moments:
            assert kept.check(certificate, moment, mode) == checker(own, crls).check(certificate, moment, mode), moment
    assert kept.check(certificate, NOW) is kept.check(certificate, NOW + timedelta(microseconds=5))


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    certificate = ca().person(*WHO, algorithm="ec").certificate
    assert certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    refused(checker(ca(), crls=[]).check(certificate, NOW), "TRY_LATER")


def test_bad_questions() -> None:
    certificate = ca().person(*WHO, algorithm="ec").certificate
    with pytest.raises(ValueError, match="revocation"):
        checker(ca()).check(certificate, NOW, "none")
    with pytest.raises(ValueError, match="time zone"):
        checker(ca()).check(certificate, NOW.replace(tzinfo=None))
