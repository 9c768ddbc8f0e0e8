"""The trust folder: what it takes to be believed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.trust import (
    RegisteredCertificate,
    RegisteredSchool,
    Registry,
    TrustError,
    TrustStore,
    approved,
    take_registry,
    write_registry,
)

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)
TAX_CODE, CODE = "0209999901", "31099901"


class Folder:
    """A trust folder on disk, once; tests work on copies."""

    def __init__(self) -> None:
        self.ca = DemoCA.create(NOW)
        self.school = self.ca.organisation("Trường Tiểu học Hoa Phượng", TAX_CODE, algorithm="ec")
        certificate = approved(self.school.certificate, NOW - DAY)
        self.schools = (RegisteredSchool(CODE, "Trường Tiểu học Hoa Phượng", TAX_CODE, (certificate,)),)
        self.path = Path(mkdtemp(prefix="hocbaso-trust-"))
        self.registry = self.ca.write_trust(self.path, self.schools)

    @property
    def department(self) -> LocalKey:
        assert self.ca.department is not None
        return self.ca.department


@cache
def made() -> Folder:
    return Folder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(made().path, tmp_path / "trust"))


def refused(folder: Path, code: str, at: datetime = NOW) -> TrustError:
    with pytest.raises(TrustError) as caught:
        TrustStore.load(folder, at=at)
    assert caught.value.code == code, caught.value.message_en
    assert caught.value.message_vi
    return caught.value


def test_a_right_folder_is_read(folder: Path) -> None:
    trust = TrustStore.load(folder, at=NOW)
    assert trust.registry == made().registry
    assert trust.registry.environment == "practice"
    assert trust.registry.school(CODE) == made().schools[0]
    assert trust.registry.school("31000000") is None
    assert trust.department_certificate == made().department.certificate
    assert len(trust.roots) == 1
    assert len(trust.intermediates) == 2
    assert len(trust.crls) == 3
    assert trust.paths.check(made().school.certificate, NOW).ok


def test_crls_may_be_pem(folder: Path) -> None:
    for path in (folder / "crls").glob("*.crl"):
        path.write_bytes(x509.load_der_x509_crl(path.read_bytes()).public_bytes(Encoding.PEM))
    assert TrustStore.load(folder, at=NOW).crls == TrustStore.load(made().path, at=NOW).crls


def test_approval_has_a_beginning_and_may_have_an_end() -> None:
    entry = approved(made().school.certificate, NOW)
    assert not entry.approved_for(NOW - timedelta(seconds=1))
    assert entry.approved_for(NOW)
    withdrawn = replace(entry, withdrawn_at=write_instant(NOW + DAY))
    assert withdrawn.approved_for(NOW + DAY - timedelta(seconds=1))
    assert not withdrawn.approved_for(NOW + DAY)


def _readable_school_renamed(folder: Path) -> None:
    path = folder / "registry.json"
    path.write_text(path.read_text(encoding="utf-8").replace(TAX_CODE, "0209999902"), encoding="utf-8")


def _readable_name_twice(folder: Path) -> None:
    path = folder / "registry.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('{\n "environment"', '{\n "environment": "production",\n "environment"'), encoding="utf-8"
    )
    assert path.read_text(encoding="utf-8") != text


def _one_bit_of_the_seal(folder: Path) -> None:
    path = folder / "registry.cose"
    octets = bytearray(path.read_bytes())
    octets[octets.index(TAX_CODE.encode())] ^= 1
    path.write_bytes(octets)


def _both_files_altered(folder: Path) -> None:
    for path in (folder / "registry.cose", folder / "registry.json"):
        path.write_bytes(path.read_bytes().replace(TAX_CODE.encode(), b"0209999902"))


def _seal_truncated(folder: Path) -> None:
    path = folder / "registry.cose"
    path.write_bytes(path.read_bytes()[:-1])


def _another_kind(folder: Path) -> None:
    (folder / "registry.cose").write_bytes(seal(made().registry.to_claims(), made().department, kind="receipt"))


@pytest.mark.parametrize(
    "spoil",
    [
        _readable_school_renamed,
        _readable_name_twice,
        _one_bit_of_the_seal,
        _both_files_altered,
        _seal_truncated,
        _another_kind,
        lambda folder: (folder / "registry.cose").unlink(),
        lambda folder: (folder / "registry.json").unlink(),
        lambda folder: (folder / "registry.json").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "registry.cose").write_bytes(b""),
    ],
)
def test_an_altered_registry_is_refused(folder: Path, spoil: Callable[[Path], Any]) -> None:
    spoil(folder)
    error = refused(folder, "REGISTRY_UNREADABLE")
    assert "Sở" in error.message_vi


def test_layout_of_the_readable_file_does_not_matter(folder: Path) -> None:
    path = folder / "registry.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")), sort_keys=True), encoding="utf-8")
    assert TrustStore.load(folder, at=NOW).registry == made().registry


def test_a_school_cannot_sign_the_registry(folder: Path) -> None:
    write_registry(folder, made().registry, made().school)
    refused(folder, "REGISTRY_SIGNER")


def test_a_school_cannot_make_itself_the_department(folder: Path) -> None:
    write_registry(folder, replace(made().registry, department_tax_code=TAX_CODE), made().school)
    error = refused(folder, "REGISTRY_SIGNER")
    assert DEPARTMENT_TAX_CODE in error.message_en


def test_a_person_cannot_sign_the_registry(folder: Path) -> None:
    write_registry(folder, made().registry, made().ca.person("Người Lạ", "031199000009", algorithm="ec"))
    refused(folder, "REGISTRY_SIGNER")


def test_a_stranger_with_the_right_names_cannot_sign_the_registry(folder: Path) -> None:
    stranger = DemoCA.create(NOW).organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
    write_registry(folder, made().registry, stranger)
    refused(folder, "REGISTRY_SIGNER")


def test_the_department_must_be_valid_at_the_moment(folder: Path) -> None:
    own = made().ca
    ended = own.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec", not_after=NOW + DAY)
    write_registry(folder, made().registry, ended)
    refused(folder, "REGISTRY_SIGNER", at=NOW + 2 * DAY)
    assert TrustStore.load(folder, at=NOW)


def test_a_revoked_department_is_refused(tmp_path: Path) -> None:
    own = DemoCA.create(NOW)
    own.department = own.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec", revoked_at=NOW - DAY)
    own.write_trust(tmp_path, ())
    refused(tmp_path, "REGISTRY_SIGNER")


def test_missing_crls_make_the_registry_unusable(folder: Path) -> None:
    shutil.rmtree(folder / "crls")
    refused(folder, "REGISTRY_SIGNER")


def test_anchors_must_be_there_and_readable(folder: Path) -> None:
    (folder / "crls" / "bad.crl").write_bytes(b"no list")
    refused(folder, "CRL_UNREADABLE")
    (folder / "crls" / "bad.crl").unlink()
    (folder / "intermediates" / "bad.pem").write_text("no certificate")
    refused(folder, "CERTIFICATE_UNREADABLE")
    (folder / "intermediates" / "bad.pem").unlink()
    (folder / "department.json").write_text("[]")
    refused(folder, "NO_DEPARTMENT")
    (folder / "department.json").unlink()
    refused(folder, "NO_DEPARTMENT")
    shutil.rmtree(folder / "roots")
    (folder / "anchors.cose").unlink()
    refused(folder, "NO_ROOTS")
    refused(folder / "nowhere", "NO_ROOTS")


def _claims(**changes: Any) -> dict[str, Any]:
    return {**made().registry.to_claims(), **changes}


def _with_certificate(**changes: Any) -> dict[str, Any]:
    claims = made().registry.to_claims()
    claims["schools"][0]["certificates"][0].update(changes)
    return claims


@pytest.mark.parametrize(
    "claims",
    [
        lambda: _claims(environment="test"),
        lambda: _claims(extra=1),
        lambda: _claims(issued_at="yesterday"),
        lambda: _claims(schools=[*made().registry.to_claims()["schools"]] * 2),
        lambda: _claims(schools=[{**made().registry.to_claims()["schools"][0], "tax_code": 209999901}]),
        lambda: _claims(schools=None),
        lambda: {k: v for k, v in _claims().items() if k != "environment"},
        lambda: _with_certificate(sha256="AB" * 32),
        lambda: _with_certificate(sha256=None),
        lambda: _with_certificate(approved_at=None),
        lambda: _with_certificate(approved_at="2026-05-01T00:00:00"),
        lambda: _with_certificate(withdrawn_at=5),
    ],
)
def test_a_signed_registry_of_another_shape_is_refused(folder: Path, claims: Callable[[], dict[str, Any]]) -> None:
    (folder / "registry.cose").write_bytes(seal(claims(), made().department, kind="registry"))
    (folder / "registry.json").write_text(json.dumps(claims()), encoding="utf-8")
    refused(folder, "REGISTRY_UNREADABLE")


def test_a_registry_survives_its_claims() -> None:
    certificates = (RegisteredCertificate("0" * 64, write_instant(NOW), write_instant(NOW + DAY)),)
    registry = Registry(
        "production", "Sở", "0209999000", write_instant(NOW), (RegisteredSchool("1", "A", "2", certificates),)
    )
    assert Registry.from_claims(json.loads(json.dumps(registry.to_claims()))) == registry


def _published(**changes: Any) -> bytes:
    return seal({**_claims(), **changes}, made().department, kind="registry")


def test_a_newer_registry_of_the_department_is_taken(folder: Path) -> None:
    token = _published(issued_at=write_instant(NOW + timedelta(hours=1)), schools=[])
    assert take_registry(folder, token, at=NOW)
    assert TrustStore.load(folder, at=NOW).registry.schools == ()
    assert not take_registry(folder, token, at=NOW), "it is there already"


@pytest.mark.parametrize(
    "token",
    [
        lambda: _published(issued_at=write_instant(NOW - timedelta(days=400))),
        lambda: _published(environment="production"),
        lambda: _published(department_tax_code=TAX_CODE),
        lambda: seal(_claims(issued_at=write_instant(NOW + timedelta(days=1))), made().school, kind="registry"),
        lambda: seal(_claims(), made().department, kind="receipt"),
        lambda: b"none",
    ],
    ids=["older", "environment", "department", "school", "kind", "bytes"],
)
def test_any_other_registry_changes_nothing(folder: Path, token: Callable[[], bytes]) -> None:
    before = (folder / "registry.cose").read_bytes()
    with pytest.raises(TrustError) as refusal:
        take_registry(folder, token(), at=NOW)
    assert refusal.value.code == "REGISTRY_REFUSED"
    assert (folder / "registry.cose").read_bytes() == before
