"""OCSP answers in certificate paths: what they prove, when, and by whom; kept answers stay right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.revocation import RevocationFault, RevocationService
from hocbaso_app.signing.algorithms import Algorithms
from hocbaso_app.signing.crls import covering, speaks_for
from hocbaso_app.signing.ocsp_answers import read
from hocbaso_app.signing.path_material import Material
from hocbaso_app.signing.path_validation import Validation
from hocbaso_app.signing.paths import MODES, Anchor, PathChecker, PathResult
from hocbaso_app.signing.trust import TrustError, TrustStore
from hocbaso_app.signing.validation_data import ValidationData, ValidationDataError, collect

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
WHO = ("Nguyễn Thị An", "031199000001")


@pytest.fixture(scope="module")
def service() -> RevocationService:
    return RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)


def person(service: RevocationService, **more: datetime) -> x509.Certificate:
    return service.ca.person(*WHO, algorithm="ec", **more).certificate


def checker(
    service: RevocationService, ocsps: Sequence[bytes], crls: Sequence[bytes] | None = None, **more: object
) -> PathChecker:
    """Only the root has a CRL, unless said otherwise."""
    ca = service.ca
    return PathChecker(
        [ca.root.certificate.public_bytes(Encoding.DER)],
        [a.certificate.public_bytes(Encoding.DER) for a in (ca.persons, ca.organisations)],
        [ca.root.crl(NOW)] if crls is None else crls,
        ocsps,
        **more,  # type: ignore[arg-type]
    )


def refused(result: PathResult, sub_indication: str) -> None:
    assert not result.ok
    assert result.sub_indication == sub_indication, result.message_en
    assert result.message_vi


@pytest.mark.parametrize("mode", MODES)
def test_a_good_answer_stands_for_a_crl(service: RevocationService, mode: str) -> None:
    certificate = person(service)
    assert checker(service, [service.ocsp(certificate)]).check(certificate, NOW, mode).ok
    refused(checker(service, []).check(certificate, NOW), "TRY_LATER")


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_runs_out(service: RevocationService, mode: str) -> None:
    certificate = person(service)
    paths = checker(service, [service.ocsp(certificate, NOW)])
    end = NOW + timedelta(days=service.days)
    assert paths.check(certificate, end, mode).ok
    refused(paths.check(certificate, end + SECOND, mode), "TRY_LATER")


@pytest.mark.requirement("Y034")
@pytest.mark.parametrize("mode", MODES)
def test_revoked_by_ocsp_counts_from_its_time_on(mode: str) -> None:
    own = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    certificate = person(own, revoked_at=NOW - DAY)
    paths = checker(own, [own.ocsp(certificate)])
    result = paths.check(certificate, NOW, mode)
    refused(result, "REVOKED")
    assert result.revocation_time == NOW - DAY
    refused(paths.check(certificate, NOW - DAY, mode), "REVOKED")
    assert paths.check(certificate, NOW - DAY - SECOND, mode).ok


@pytest.mark.parametrize("mode", MODES)
def test_revoked_is_believed_whichever_source_says_so(mode: str) -> None:
    own = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    certificate = person(own)
    good, clean = own.ocsp(certificate), own.ca.persons.crl(NOW)
    own.ca.revoke(certificate, NOW - DAY)
    revoked, listed = own.ocsp(certificate), own.ca.persons.crl(NOW)
    root = own.ca.root.crl(NOW)
    assert checker(own, [good], [root, clean]).check(certificate, NOW, mode).ok
    refused(checker(own, [good], [root, listed]).check(certificate, NOW, mode), "REVOKED")
    refused(checker(own, [revoked], [root, clean]).check(certificate, NOW, mode), "REVOKED")


def test_unknown_is_no_answer_but_a_crl_may_be(service: RevocationService) -> None:
    certificate = person(service)
    unknown = service.ocsp(certificate, unknown=True)
    refused(checker(service, [unknown]).check(certificate, NOW), "TRY_LATER")
    both = checker(service, [unknown], [service.ca.root.crl(NOW), service.ca.persons.crl(NOW)])
    assert both.check(certificate, NOW).ok


def test_answers_of_strangers_are_none(service: RevocationService) -> None:
    certificate = person(service)
    service.switch(RevocationFault.FORGED, 1)
    refused(checker(service, [service.ocsp(certificate)]).check(certificate, NOW), "TRY_LATER")
    teacher = service.ca.person("Trần Văn Bình", "031199000002", algorithm="ec")
    refused(checker(service, [service.ocsp(certificate, responder=teacher)]).check(certificate, NOW), "TRY_LATER")
    other = service.ca.responder(service.ca.organisations)
    refused(checker(service, [service.ocsp(certificate, responder=other)]).check(certificate, NOW), "TRY_LATER")
    ended = service.ca.responder(service.ca.persons, not_after=NOW - DAY)
    refused(checker(service, [service.ocsp(certificate, responder=ended)]).check(certificate, NOW), "TRY_LATER")
    elsewhere = RevocationService(DemoCA.create(NOW), lambda: NOW).ocsp(certificate)
    refused(checker(service, [elsewhere]).check(certificate, NOW), "TRY_LATER")


def test_a_responder_without_nocheck_needs_a_crl_itself(service: RevocationService) -> None:
    certificate = person(service)
    responder = service.ca.responder(service.ca.persons, no_check=False)
    answer = service.ocsp(certificate, responder=responder)
    refused(checker(service, [answer]).check(certificate, NOW), "TRY_LATER")
    crls = [service.ca.root.crl(NOW), service.ca.persons.crl(NOW)]
    assert checker(service, [answer], crls).check(certificate, NOW).ok


def test_what_is_no_answer_does_not_disturb(service: RevocationService) -> None:
    certificate = person(service)
    answer = service.ocsp(certificate)
    junk = [b"", b"nonsense", answer[:-7], service.answer(b"junk"), service.ca.root.crl(NOW)]
    assert not any(read(one) for one in junk)
    assert checker(service, [*junk, answer]).check(certificate, NOW).ok


def test_an_answer_with_any_altered_octet_proves_nothing_false(service: RevocationService) -> None:
    revoked_ca = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    certificate = person(revoked_ca, revoked_at=NOW - DAY)
    answer = revoked_ca.ocsp(certificate)
    for position in range(0, len(answer), 3):
        altered = bytearray(answer)
        altered[position] ^= 0x01
        result = checker(revoked_ca, [bytes(altered)]).check(certificate, NOW)
        assert not result.ok, position


def test_a_later_answer_by_a_younger_responder_speaks_for_an_earlier_moment(service: RevocationService) -> None:
    certificate = person(service)
    responder = service.ca.responder(service.ca.persons, not_before=NOW + 5 * DAY, not_after=NOW + 20 * DAY)
    answer = service.ocsp(certificate, NOW + 6 * DAY, responder=responder)
    paths = checker(service, [answer])
    assert paths.check(certificate, NOW).ok
    young = person(service, not_before=NOW + DAY)
    late = checker(service, [service.ocsp(young, NOW + 6 * DAY, responder=responder)])
    assert late.check(young, NOW + DAY).ok
    refused(late.check(young, NOW), "OUT_OF_BOUNDS_NO_POE")
    own = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    certificate = person(own, revoked_at=NOW + 2 * DAY)
    responder = own.ca.responder(own.ca.persons, not_before=NOW + 5 * DAY, not_after=NOW + 20 * DAY)
    paths = checker(own, [own.ocsp(certificate, NOW + 6 * DAY, responder=responder)])
    assert paths.check(certificate, NOW + DAY).ok
    refused(paths.check(certificate, NOW + 6 * DAY), "REVOKED")


def test_a_crl_made_after_the_end_of_a_certificate_says_nothing_about_it(service: RevocationService) -> None:
    certificate = person(service, not_after=NOW + DAY)
    root = service.ca.root.crl(NOW)
    for made, fits in ((NOW, True), (NOW + DAY, True), (NOW + 2 * DAY, False)):
        paths = checker(service, [], [root, service.ca.persons.crl(made)])
        assert paths.check(certificate, NOW).ok is fits, made


def test_such_a_crl_still_says_who_is_revoked() -> None:
    """RFC 5280 5: whoever was revoked before his end stands on one list more; the silent list before hides nothing."""
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec", not_after=NOW + DAY).certificate
    before = own.persons.crl(NOW - DAY)
    own.revoke(certificate, NOW)
    crls = [own.root.crl(NOW), before, own.persons.crl(NOW + 2 * DAY)]
    above = [own.persons.certificate.public_bytes(Encoding.DER)]
    paths = PathChecker([own.root.certificate.public_bytes(Encoding.DER)], above, crls)
    refused(paths.check(certificate, NOW + SECOND), "REVOKED")
    assert paths.check(certificate, NOW - SECOND).ok
    assert covering(map(x509.load_der_x509_crl, crls[2:]), certificate, NOW + 3 * DAY)


@pytest.mark.parametrize("about_us", [True, False])
def test_on_an_indirect_crl_a_number_is_nobody_s_without_its_issuer(about_us: bool) -> None:
    own = DemoCA.create(NOW)
    certificate = own.person(*WHO, algorithm="ec", not_after=NOW + DAY).certificate
    named = (own.persons if about_us else own.organisations).certificate.subject
    entries = [
        x509.RevokedCertificateBuilder(number, NOW, extensions).build()
        for number, extensions in (
            (
                1,
                [x509.Extension(x509.CertificateIssuer.oid, True, x509.CertificateIssuer([x509.DirectoryName(named)]))],
            ),
            (certificate.serial_number, []),
        )
    ]
    point = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
    start = NOW + 2 * DAY
    builder = x509.CertificateRevocationListBuilder(own.root.certificate.subject, start, start + DAY, [], entries)
    crl = builder.add_extension(point, True).sign(own.root.key, hashes.SHA256())
    assert speaks_for(crl, certificate) is about_us


def test_many_answers_signed_by_nobody_cost_nothing(service: RevocationService) -> None:
    certificate = person(service)
    teacher = service.ca.person("Trần Văn Bình", "031199000002", algorithm="ec")
    stranger = DemoCA.create(NOW, "Lạ", address="http://ocsp.example.invalid")
    later = [NOW + n * SECOND for n in range(1, 21)]
    flood = [service.ocsp(certificate, at, responder=teacher) for at in later]
    flood += [service.ocsp(certificate, at, responder=stranger.responder(stranger.persons)) for at in later[:3]]
    above = [a.certificate.public_bytes(Encoding.DER) for a in service.ca.authorities]
    assert Material(above[:1], above[1:], [], flood).answers_for(certificate.serial_number) == []
    right = [service.ocsp(certificate, at) for at in later[:3]]
    assert len(Material(above[:1], above[1:], [], [*flood, *right]).answers_for(certificate.serial_number)) == 3


def test_only_some_of_many_later_answers_are_tried(service: RevocationService, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = person(service)
    responder = service.ca.responder(service.ca.persons, not_before=NOW + DAY, no_check=False)
    answers = [service.ocsp(certificate, NOW + DAY + n * SECOND, responder=responder) for n in range(20)]
    paths, asked, run = checker(service, answers), [], Validation._run
    monkeypatch.setattr(Validation, "_run", lambda *given: (asked.append(given), run(*given))[1])
    refused(paths.check(certificate, NOW), "TRY_LATER")
    assert len(asked) < 10


def test_damaged_data_of_strangers_stop_nobody(service: RevocationService) -> None:
    """Found by altering octets: each of these loads, and raises when it is looked at closely."""
    certificate = person(service)
    crl, above = service.ca.persons.crl(NOW), service.ca.persons.certificate.public_bytes(Encoding.DER)
    name = b"\x06\x03\x55\x04\x03"  # commonName, then its kind of text
    broken = [der.replace(name + b"\x0c", name + b"\x04") for der in (crl, above)]
    assert broken[0] != crl
    assert broken[1] != above
    root = service.ca.root
    anchors = [root.certificate.public_bytes(Encoding.DER)]
    paths = PathChecker(anchors, [above, broken[1]], [root.crl(NOW), crl, broken[0]])
    assert paths.check(certificate, NOW).ok


def test_kept_answers_stay_right_across_every_turning_point() -> None:
    own = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    certificate = person(own, not_before=NOW - 9 * DAY, not_after=NOW + 9 * DAY)
    responder = own.ca.responder(own.ca.persons, not_before=NOW - 8 * DAY, not_after=NOW + 2 * DAY, no_check=False)
    ocsps = [own.ocsp(certificate, NOW - 7 * DAY, responder=responder), own.ocsp(certificate, NOW - 2 * DAY)]
    own.ca.revoke(certificate, NOW + DAY)
    own.ca.revoke(responder.certificate, NOW - 3 * DAY)
    ocsps.append(own.ocsp(certificate, NOW + 2 * DAY))
    crls = [own.ca.root.crl(NOW, days=20), own.ca.persons.crl(NOW - 4 * DAY, days=3)]
    algorithms = dated({"sha256": "2026-06-03"})
    kept = checker(own, ocsps, crls, algorithms=algorithms)
    moments = [NOW + timedelta(hours=hours) for hours in range(-240, 241, 8)]
    moments += [NOW + n * DAY + d for n in range(-9, 10) for d in (-SECOND, timedelta(0), SECOND)]
    seen = set()
    for mode in MODES:
        for moment in moments:
            answer = kept.check(certificate, moment, mode)
            assert answer == checker(own, ocsps, crls, algorithms=algorithms).check(certificate, moment, mode), moment
            seen.add(answer.sub_indication)
    assert seen >= {None, "REVOKED", "OUT_OF_BOUNDS_NO_POE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}


def dated(ends: dict[str, str]) -> Algorithms:
    entry = {"until": None}
    return Algorithms(
        {
            "issued": "2027-01-01",
            "digests": {name: {"until": ends.get(name)} for name in ("sha256", "sha512")},
            "mechanisms": {name: {"until": ends.get(name)} for name in ("rsa", "ecdsa")},
            "rsa_keys": {"2048": {"until": ends.get("rsa-2048")}, "3000": entry},
            "curves": {name: {"until": ends.get(name)} for name in ("secp256r1", "secp384r1")},
        }
    )


@pytest.mark.parametrize("name", ["sha256", "ecdsa", "secp256r1"])
def test_an_algorithm_that_ended_needs_an_older_proof(service: RevocationService, name: str) -> None:
    certificate = person(service)
    crls = [service.ca.root.crl(NOW), service.ca.persons.crl(NOW)]
    paths = checker(service, [], crls, algorithms=dated({name: "2026-05-30"}))
    end = datetime(2026, 5, 29, 17, tzinfo=timezone.utc)  # midnight in Vietnam
    assert paths.check(certificate, end - SECOND).ok
    result = paths.check(certificate, end)
    refused(result, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    assert "30/05/2026" in result.message_vi


def test_names_and_ends_of_algorithms() -> None:
    known = Algorithms.shipped()
    for name in ("sha256", "sha512_rsa", "sha256_ecdsa", "sha256_rsassa_pss", "rsa-2048", "rsa-4096", "secp256r1"):
        assert known.allowed(name, NOW), name
        assert known.ends(name) is None
    for name in ("md5", "sha1", "sha1_rsa", "sha224", "sha256_dsa", "rsa-1024", "rsa-2047", "secp192r1", "", "_rsa"):
        assert not known.allowed(name, NOW - 9000 * DAY), name
    assert known.advised_end("sha256_rsa") == datetime(2028, 12, 31, 17, tzinfo=timezone.utc)
    assert known.advised_end("sha256_ecdsa") is None
    assert dated({"sha256": "2030-01-01"}).advised_end("sha256_rsa") == datetime(2029, 12, 31, 17, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "change",
    [
        {"digests": {"sha1": {"until": None}}},
        {"mechanisms": {"dsa": {"until": None}}},
        {"rsa_keys": {"1024": {"until": None}}},
        {"issued": "never"},
        {"curves": {"secp256r1": {}}},
    ],
)
def test_no_list_brings_back_what_was_given_up(change: dict[str, object]) -> None:
    claims = {"issued": "2030-01-01", "digests": {}, "mechanisms": {}, "rsa_keys": {}, "curves": {}}
    Algorithms(claims)
    with pytest.raises((ValueError, KeyError)):
        Algorithms({**claims, **change})


def test_a_time_stamp_needs_its_own_certificate(service: RevocationService) -> None:
    ca = service.ca
    crls = [authority.crl(NOW) for authority in ca.authorities]
    paths = checker(service, [], crls)
    stamper = ca.timestamper().certificate
    assert paths.check(stamper, NOW, usage="timestamp").ok
    refused(paths.check(person(service), NOW, usage="timestamp"), "CHAIN_CONSTRAINTS_FAILURE")
    with pytest.raises(ValueError, match="usage"):
        paths.check(stamper, NOW, usage="web")


def test_anchors_serve_their_purpose_and_their_time(service: RevocationService) -> None:
    ca = service.ca
    root = ca.root.certificate.public_bytes(Encoding.DER)
    crls = [authority.crl(NOW) for authority in ca.authorities]
    above = [a.certificate.public_bytes(Encoding.DER) for a in (ca.persons, ca.organisations)]
    teacher, stamper = person(service), ca.timestamper().certificate
    school = ca.organisation("Trường", "0209999901", algorithm="ec").certificate
    only = PathChecker([Anchor(root, frozenset({"person"}), NOW, NOW + DAY)], above, crls)
    assert only.check(teacher, NOW).ok
    assert only.check(teacher, NOW + DAY - SECOND).ok
    for moment in (NOW - SECOND, NOW + DAY):
        refused(only.check(teacher, moment), "NO_CERTIFICATE_CHAIN_FOUND")
    refused(only.check(school, NOW), "NO_CERTIFICATE_CHAIN_FOUND")
    refused(only.check(stamper, NOW, usage="timestamp"), "NO_CERTIFICATE_CHAIN_FOUND")


@pytest.fixture
def folder(service: RevocationService, tmp_path: Path) -> Path:
    service.ca.write_trust(tmp_path, ())
    return tmp_path


def test_a_trust_folder_holds_answers_and_a_newer_list(service: RevocationService, folder: Path) -> None:
    certificate = person(service)
    (folder / "crls" / "persons.crl").unlink()
    refused(TrustStore.load(folder, at=NOW).paths.check(certificate, NOW), "TRY_LATER")
    (folder / "ocsps").mkdir()
    (folder / "ocsps" / "an.ors").write_bytes(service.ocsp(certificate))
    assert TrustStore.load(folder, at=NOW).paths.check(certificate, NOW).ok
    shipped = (Path(__file__).parents[1] / "hocbaso_app/signing/data/algorithms.json").read_text(encoding="utf-8")
    barred = shipped.replace('"secp256r1": {"until": null', '"secp256r1": {"until": "2020-01-01"')
    (folder / "algorithms.json").write_text(barred.replace("2026-11-25", "2026-11-24"), encoding="utf-8")
    assert TrustStore.load(folder, at=NOW).paths.check(certificate, NOW).ok
    (folder / "algorithms.json").write_text(barred.replace("2026-11-25", "2026-11-26"), encoding="utf-8")
    with pytest.raises(TrustError):  # the department's own key is barred too
        TrustStore.load(folder, at=NOW)
    (folder / "algorithms.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TrustError) as caught:
        TrustStore.load(folder, at=NOW)
    assert caught.value.code == "ALGORITHMS_UNREADABLE"
    (folder / "algorithms.json").unlink()
    (folder / "ocsps" / "an.ors").write_bytes(b"<html>")
    with pytest.raises(TrustError) as caught:
        TrustStore.load(folder, at=NOW)
    assert caught.value.code == "OCSP_UNREADABLE"


def test_data_kept_for_later_is_enough_by_itself(service: RevocationService, folder: Path) -> None:
    trust = TrustStore.load(folder, at=NOW)
    ca = service.ca
    teacher, school = person(service), ca.organisation("Trường", "0209999901", algorithm="ec").certificate
    stamper = ca.timestamper().certificate
    data = collect([teacher, school, stamper], replace(trust, ocsps=(service.ocsp(teacher),)), NOW)
    assert data == ValidationData.from_bytes(data.to_bytes())
    assert len(data.certificates) == 3
    assert len(data.ocsps) == 1
    issuers = {x509.load_der_x509_crl(crl).issuer for crl in data.crls}
    assert issuers == {ca.root.certificate.subject, ca.organisations.certificate.subject}
    bare = replace(trust, intermediates=(), crls=(), ocsps=())
    later = bare.with_data(data)
    assert later.roots == trust.roots
    assert later.paths.check(teacher, NOW).ok
    assert later.paths.check(school, NOW).ok
    assert later.paths.check(stamper, NOW, usage="timestamp").ok
    refused(bare.paths.check(teacher, NOW), "NO_CERTIFICATE_CHAIN_FOUND")


def test_a_revoked_signer_s_data_say_so(folder: Path) -> None:
    own = RevocationService(DemoCA.create(NOW, address="http://ocsp.example.invalid"), lambda: NOW)
    teacher = person(own)
    good = own.ocsp(teacher)
    own.ca.revoke(teacher, NOW - DAY)
    own.ca.write_trust(folder, ())
    trust = TrustStore.load(folder, at=NOW)
    for name in ("root", "persons", "organisations"):
        assert (folder / "crls" / f"{name}.crl").exists()
    data = collect([teacher], replace(trust, ocsps=(good,)), NOW)
    refused(replace(trust, crls=(), ocsps=()).with_data(data).paths.check(teacher, NOW), "REVOKED")


def test_roots_in_the_data_are_not_trusted(service: RevocationService, folder: Path) -> None:
    trust = TrustStore.load(folder, at=NOW)
    stranger = DemoCA.create(NOW, "Stranger")
    data = ValidationData.of(
        [a.certificate.public_bytes(Encoding.DER) for a in stranger.authorities] + [b"junk"],
        [*(a.crl(NOW) for a in stranger.authorities), b"junk"],
        [b"junk"],
    )
    more = trust.with_data(data)
    refused(more.paths.check(stranger.person(*WHO, algorithm="ec").certificate, NOW), "NO_CERTIFICATE_CHAIN_FOUND")
    assert more.paths.check(person(service), NOW).ok


@pytest.mark.parametrize("octets", [b"", b"\x80", b"\x83\x80\x80\x81\x01", b"\x83\x80\x80\x82\x41b\x41a", b"\x9f\xff"])
def test_other_octets_are_no_validation_data(octets: bytes) -> None:
    with pytest.raises(ValidationDataError) as caught:
        ValidationData.from_bytes(octets)
    assert caught.value.message_vi


def test_the_responder_over_http_names_errors_as_rfc_6960_does(service: RevocationService) -> None:
    assert asn1_ocsp.OCSPResponse.load(service.answer(b"junk"))["response_status"].native == "malformed_request"
