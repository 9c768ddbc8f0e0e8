"""The list of anchors: who may decide, what may stand on it, which list counts, and that no test root is ever real."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sample_records import sample_record
from signing_world import NOW, release

from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA, new_key
from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.trust import RegisteredSchool, Registry, TrustError, TrustStore, write_registry
from hocbaso_app.signing.trust_list import (
    Change,
    ListedAnchor,
    TrustList,
    add,
    check_list,
    first,
    is_test_anchor,
    withdraw,
)
from hocbaso_app.signing.trust_list.files import KIND, read_list, seal_list
from hocbaso_app.signing.trust_list.publishing import publish_list, take_list
from hocbaso_app.signing.verify import verify

ROOT = Path(__file__).parents[1]
DAY = timedelta(days=1)
WHO = ("Nguyễn Thị An", "031199000001")
DECISION = {"reason": "Theo thông báo của NEAC", "by": "Trần Thị Bình", "approved_by": "Lê Văn Cường"}


class Department:
    """A production folder with one root, and a second root to come."""

    def __init__(self, path: Path) -> None:
        self.ca = DemoCA.create(NOW, "Quốc gia", marked=False)
        self.other = DemoCA.create(NOW, "Công vụ", marked=False)
        self.key = self.ca.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
        self.ca.write_anchors(path)
        self.list = self.ca.write_list(path, self.key, "production")
        registry = Registry("production", DEPARTMENT, DEPARTMENT_TAX_CODE, write_instant(NOW), ())
        write_registry(path, registry, self.key)
        self.path = path

    def anchor(self, certificate: x509.Certificate | None = None, **more: Any) -> ListedAnchor:
        fields = {
            "name": "Gốc công vụ",
            "kind": "government-root",
            "purposes": ("person", "organisation"),
            "source": "Trang của Ban Cơ yếu, dấu vân tay so với bản giấy",
            "since": write_instant(NOW - DAY),
        }
        return ListedAnchor.of(certificate or self.other.root.certificate, **{**fields, **more})

    def longer(self, **more: Any) -> TrustList:
        return add(self.list, self.anchor(**more), now=NOW, **DECISION)


@cache
def made() -> Department:
    import tempfile

    return Department(Path(tempfile.mkdtemp()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(made().path, tmp_path / "trust"))


def refused(code: str, call: Callable[[], object]) -> TrustError:
    with pytest.raises(TrustError) as caught:
        call()
    assert caught.value.code == code, caught.value.message_en
    assert caught.value.message_vi
    return caught.value


def load(folder: Path, at: datetime = NOW) -> TrustStore:
    return TrustStore.load(folder, at=at)


def test_a_list_is_read_back_and_its_anchors_count(folder: Path) -> None:
    own = made()
    trust = load(folder)
    assert trust.trust_list == own.list == TrustList.from_claims(own.list.to_claims())
    assert trust.roots == (own.ca.root.certificate,)
    assert trust.paths.check(own.ca.person(*WHO, algorithm="ec").certificate, NOW).ok
    shutil.rmtree(folder / "roots")  # copies for other programs
    assert load(folder).roots == trust.roots


def test_a_new_root_counts_from_the_list_that_names_it(folder: Path) -> None:
    own = made()
    teacher = own.other.person(*WHO, algorithm="ec").certificate
    for authority in own.other.authorities:
        (folder / "crls" / f"other-{authority.name}.crl").write_bytes(authority.crl(NOW))
    for authority in own.other.authorities[1:]:
        pem = authority.certificate.public_bytes(Encoding.PEM)
        (folder / "intermediates" / f"other-{authority.name}.pem").write_bytes(pem)
    assert load(folder).paths.check(teacher, NOW).sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    publish_list(folder, own.longer(), own.key, at=NOW)
    trust = load(folder)
    assert trust.paths.check(teacher, NOW).ok
    assert not trust.paths.check(teacher, NOW - DAY - timedelta(seconds=1)).ok
    school = own.other.organisation("Trường", "0209999901", algorithm="ec").certificate
    assert trust.paths.check(school, NOW).ok
    stamper = own.other.timestamper().certificate
    assert trust.paths.check(stamper, NOW, usage="timestamp").sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_a_withdrawn_root_keeps_what_is_proved_to_be_older(folder: Path) -> None:
    own = made()
    publish_list(folder, longer := own.longer(), own.key, at=NOW)
    ended = withdraw(longer, own.anchor().sha256, until=NOW + DAY, now=NOW, **DECISION)
    assert [change.what for change in ended.changes] == ["add", "add", "withdraw"]
    publish_list(folder, ended, own.key, at=NOW)
    anchor = load(folder).trust_list.anchor(own.anchor().sha256)  # type: ignore[union-attr]
    assert anchor and anchor.counts_at(NOW) and not anchor.counts_at(NOW + DAY)
    refused("ANCHOR_WITHDRAWN", lambda: withdraw(ended, anchor.sha256, until=NOW + 2 * DAY, now=NOW, **DECISION))
    sooner = withdraw(ended, anchor.sha256, until=NOW, now=NOW, **DECISION)
    assert sooner.anchor(anchor.sha256).valid_until == write_instant(NOW)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ({"reason": ""}, "REASON_MISSING"),
        ({"reason": "  ngắn   "}, "REASON_MISSING"),
        ({"approved_by": ""}, "SECOND_PERSON"),
        ({"approved_by": " trần thị BÌNH "}, "SECOND_PERSON"),
    ],
)
def test_a_change_needs_a_reason_and_two_people(decision: dict[str, str], code: str) -> None:
    refused(code, lambda: add(made().list, made().anchor(), now=NOW, **{**DECISION, **decision}))


def test_what_may_not_stand_on_a_list() -> None:
    own = made()
    person = own.ca.person(*WHO, algorithm="ec").certificate
    refused("NOT_AN_AUTHORITY", lambda: own.longer(certificate=person))
    refused("ANCHOR_KNOWN", lambda: own.longer(certificate=own.ca.root.certificate))
    refused("ANCHOR_UNKNOWN", lambda: withdraw(own.list, "0" * 64, until=NOW, now=NOW, **DECISION))
    twice = replace(own.list, anchors=own.list.anchors * 2)
    refused("ANCHOR_TWICE", lambda: check_list(twice))
    refused("CHANGE_MISSING", lambda: check_list(replace(own.longer(), changes=own.list.changes)))
    silent = replace(own.list, anchors=(replace(own.list.anchors[0], valid_until=write_instant(NOW)),))
    refused("CHANGE_MISSING", lambda: check_list(silent))


TEST_NAMES = (
    *("Test CA", "VNPT-CA TEST", "Sandbox Root", "Demo Root CA", "VNPT-CA_TEST", "TestRoot CA", "VNPT CA Test2"),
    *("Root CA (Demo1)", unicodedata.normalize("NFD", "Gốc thử nghiệm"), "Gốc THỬ  NGHIỆM", "Gốc kiểm thử", "TESTRoot"),
)


def named(name: str) -> x509.Certificate:
    key, subject = new_key("ec"), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW, NOW + DAY)
    return builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]


@pytest.mark.requirement("Y034")
def test_a_test_root_is_never_trusted_for_real_records(tmp_path: Path, folder: Path) -> None:
    """By kind, by name, by a key that everybody may know: whoever sealed the list."""
    own = made()
    refused("TEST_ANCHOR", lambda: own.longer(kind="test-root"))
    refused("TEST_ANCHOR", lambda: own.longer(certificate=DemoCA.create(NOW, "Hải An").root.certificate))
    vectors = x509.load_pem_x509_certificate((ROOT / "docs/api/vectors/trust/roots/root.pem").read_bytes())
    refused("TEST_ANCHOR", lambda: own.longer(certificate=vectors))
    for name in TEST_NAMES:
        assert is_test_anchor(named(name)), name
    for name in ("Quốc gia", "VNPT-CA Attestation G2", "Latest CA", "Demos Trust", "Devon CA", "Thử thách nghiệm thu"):
        assert not is_test_anchor(named(name)), name
    practice = own.ca.write_list(tmp_path, own.key)  # the same root as a test root: fit for practice only
    forged = seal(replace(practice, environment="production", number=9).to_claims(), own.key, kind=KIND)
    (folder / "anchors.cose").write_bytes(forged)
    refused("TEST_ANCHOR", lambda: load(folder))
    refused("TEST_ANCHOR", lambda: take_list(folder, forged, at=NOW))


@pytest.mark.requirement("Y034")
def test_real_records_under_a_root_that_is_not_listed_are_not_valid(folder: Path) -> None:
    result = verify(release(sample_record(practice=None)), load(folder), at=NOW + timedelta(hours=1))
    assert result.report.conclusion is not Indication.PASSED
    assert {s.sub_indication for s in result.report.signatures} >= {"NO_CERTIFICATE_CHAIN_FOUND"}


def test_a_production_folder_needs_its_list_and_nothing_beside_it(folder: Path, tmp_path: Path) -> None:
    own = made()
    pem = own.other.root.certificate.public_bytes(Encoding.PEM)
    (folder / "roots" / "mine.pem").write_bytes(pem)
    refused("ANCHOR_UNLISTED", lambda: load(folder))
    (folder / "roots" / "mine.pem").unlink()
    token = (folder / "anchors.cose").read_bytes()
    (folder / "anchors.cose").unlink()
    refused("TRUST_LIST_MISSING", lambda: load(folder))
    (folder / "anchors.cose").write_bytes(token[:-1])
    refused("TRUST_LIST_UNREADABLE", lambda: load(folder))
    (folder / "anchors.cose").write_bytes(token)
    text = (folder / "anchors.json").read_text(encoding="utf-8")
    (folder / "anchors.json").write_text(text.replace("Tạo trong", "Tạo ngoài"), encoding="utf-8")
    refused("TRUST_LIST_UNREADABLE", lambda: load(folder))
    (folder / "anchors.json").unlink()
    refused("TRUST_LIST_UNREADABLE", lambda: load(folder))
    own.ca.write_anchors(folder)
    own.ca.write_list(folder, own.key, "practice")
    refused("TRUST_LIST_ENVIRONMENT", lambda: load(folder))


def test_a_folder_without_a_list_serves_practice(tmp_path: Path) -> None:
    ca = DemoCA.create(NOW)
    ca.write_trust(tmp_path, (RegisteredSchool("1", "A", "2", ()),))
    for path in tmp_path.glob("anchors.*"):
        path.unlink()
    assert load(tmp_path).trust_list is None


def test_only_a_newer_list_that_keeps_every_decision_is_taken(folder: Path) -> None:
    own = made()
    second = own.longer()
    third = withdraw(second, own.anchor().sha256, until=NOW, now=NOW, **DECISION)
    assert not take_list(folder, (folder / "anchors.cose").read_bytes(), at=NOW)
    assert take_list(folder, seal_list(second, own.key), at=NOW)
    assert not take_list(folder, seal_list(second, own.key), at=NOW)
    before = (folder / "anchors.cose").read_bytes()
    rewritten = replace(third.changes[0], reason="Một lý do khác hẳn")
    wrong = {
        "older": own.list,
        "missing or written anew": replace(third, changes=(rewritten, *third.changes[1:])),
        "anchors are missing": replace(third, anchors=third.anchors[:1]),
        "for practice": replace(third, environment="practice"),
        "another environment or department": replace(third, department_tax_code="0209999111"),
        "issued before": replace(third, issued_at=write_instant(NOW - DAY)),
    }
    for why, trust_list in wrong.items():
        error = refused("TRUST_LIST_REFUSED", lambda one=trust_list: take_list(folder, seal_list(one, own.key), at=NOW))
        assert why in error.message_en
    stranger = own.ca.organisation("Trường", "0209999901", algorithm="ec")
    refused("TRUST_LIST_REFUSED", lambda: take_list(folder, seal_list(third, stranger), at=NOW))
    elsewhere = own.other.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
    refused("TRUST_LIST_REFUSED", lambda: take_list(folder, seal_list(third, elsewhere), at=NOW))
    refused("TRUST_LIST_UNREADABLE", lambda: take_list(folder, b"nonsense", at=NOW))
    assert (folder / "anchors.cose").read_bytes() == before
    assert take_list(folder, seal_list(third, own.key), at=NOW)
    assert load(folder).trust_list == third


def test_an_anchor_never_changes_without_a_decision(folder: Path) -> None:
    own = made()
    sha256 = own.anchor().sha256
    second = own.longer(purposes=("timestamp",))
    ended = withdraw(second, sha256, until=NOW, now=NOW, **DECISION)
    publish_list(folder, ended, own.key, at=NOW)
    before = (folder / "anchors.cose").read_bytes()
    again = Change(write_instant(NOW), "withdraw", sha256, *DECISION.values())
    for change in (
        {"purposes": ("person", "organisation", "timestamp")},
        {"valid_from": write_instant(NOW - 4000 * DAY)},
        {"valid_until": None},
        {"valid_until": write_instant(NOW + DAY)},
        {"kind": "neac-root"},
        {"source": "Nguồn khác"},
    ):
        anchors = (ended.anchors[0], replace(ended.anchors[1], **change))  # type: ignore[arg-type]
        for changes in (ended.changes, (*ended.changes, again)):
            token = seal_list(replace(ended, number=9, anchors=anchors, changes=changes), own.key)
            error = refused("TRUST_LIST_REFUSED", lambda one=token: take_list(folder, one, at=NOW))
            assert "changed without a decision" in error.message_en, change
    assert (folder / "anchors.cose").read_bytes() == before
    sooner = withdraw(ended, sha256, until=NOW - DAY / 2, now=NOW, **DECISION)
    assert take_list(folder, seal_list(sooner, own.key), at=NOW)


def test_a_list_sealed_with_the_revoked_key_is_refused_though_the_root_s_crl_ran_out(tmp_path: Path) -> None:
    own = Department(tmp_path)
    own.ca.revoke(own.key.certificate, NOW - 3 * DAY)
    own.ca.write_crls(tmp_path)
    token = seal_list(own.longer(), own.key)
    refused("REGISTRY_SIGNER", lambda: take_list(tmp_path, token, at=NOW))
    (tmp_path / "crls" / "root.crl").write_bytes(own.ca.root.crl(NOW - 40 * DAY, days=30))
    refused("REGISTRY_SIGNER", lambda: take_list(tmp_path, token, at=NOW))
    (tmp_path / "crls" / "root.crl").unlink()
    refused("REGISTRY_SIGNER", lambda: take_list(tmp_path, token, at=NOW))


def test_a_list_of_a_certificate_that_only_names_the_authority_is_refused(folder: Path) -> None:
    """Even while a list ran out, which leaves the question of revocation open."""
    own = made()
    (folder / "crls" / "root.crl").write_bytes(own.ca.root.crl(NOW - 40 * DAY, days=30))
    forger = DemoCA.create(NOW, "Quốc gia", marked=False)
    forged = forger.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
    assert forged.certificate.issuer == own.key.certificate.issuer
    refused("TRUST_LIST_REFUSED", lambda: take_list(folder, seal_list(own.longer(), forged), at=NOW))
    assert take_list(folder, seal_list(own.longer(), own.key), at=NOW)


def test_only_the_department_s_own_seal_publishes(folder: Path) -> None:
    own = made()
    school = own.ca.organisation("Trường", "0209999901", algorithm="ec")
    refused("TRUST_LIST_SIGNER", lambda: publish_list(folder, own.longer(), school, at=NOW))
    unknown = DemoCA.create(NOW, "Lạ", marked=False).organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
    refused("TRUST_LIST_SIGNER", lambda: publish_list(folder, own.longer(), unknown, at=NOW))
    refused("TRUST_LIST_REFUSED", lambda: publish_list(folder, own.list, own.key, at=NOW))


def test_the_first_list_of_a_folder_holds_every_root_that_lies_there(tmp_path: Path) -> None:
    own = made()
    own.ca.write_anchors(tmp_path)
    empty = first("practice", DEPARTMENT, DEPARTMENT_TAX_CODE)
    alone = add(empty, own.anchor(), now=NOW, **DECISION)
    refused("ANCHOR_UNLISTED", lambda: publish_list(tmp_path, alone, own.key, at=NOW))
    both = add(alone, own.anchor(own.ca.root.certificate), now=NOW, **DECISION)
    publish_list(tmp_path, both, own.key, at=NOW)
    assert read_list(tmp_path) == (both, own.key.certificate)
    assert (tmp_path / "department.json").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "elsewhere"},
        {"number": 0},
        {"number": True},
        {"issued_at": "2026-05-29T10:00:00"},
        {"anchors": [{}]},
        {"changes": [{"at": ""}]},
        {"more": 1},
    ],
)
def test_other_claims_are_no_list(folder: Path, change: dict[str, Any]) -> None:
    own = made()
    token = seal({**own.list.to_claims(), **change}, own.key, kind=KIND)
    refused("TRUST_LIST_UNREADABLE", lambda: take_list(folder, token, at=NOW))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "friend"},
        {"purposes": []},
        {"purposes": ["web"]},
        {"sha256": "0" * 64},
        {"certificate": "AAAA"},
        {"valid_from": "2026-05-29T10:00:00"},
        {"name": 1},
    ],
)
def test_other_claims_are_no_anchor(folder: Path, change: dict[str, Any]) -> None:
    own = made()
    claims = own.longer().to_claims()
    claims["anchors"][1].update(change)
    refused("TRUST_LIST_UNREADABLE", lambda: take_list(folder, seal(claims, own.key, kind=KIND), at=NOW))


def test_times_of_an_anchor_are_those_of_the_list() -> None:
    anchor = made().anchor()
    assert read_instant(anchor.valid_from) == NOW - DAY == anchor.to_anchor().valid_from
    assert anchor.to_anchor().valid_until is None
