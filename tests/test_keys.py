"""PKCS#12 keys and the names in certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from hocbaso_app.command.sources import SourceKind
from hocbaso_app.demo.ca import DemoCA, KeyPool, PrivateKey, new_key
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.identity import common_name, person_id, tax_code
from hocbaso_app.signing.keys import (
    KeySource,
    KeySourceError,
    LocalKey,
    Pkcs12Key,
    Secrets,
    SourceDescription,
    open_source,
)
from hocbaso_app.signing.keys.choose import MODULES
from hocbaso_app.signing.keys.source import gathered
from hocbaso_app.signing.keys.values import checked, raw_of

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
PASSWORD = "mật khẩu".encode()


@cache
def ca() -> DemoCA:
    return DemoCA.create(NOW)


def certificate_of(key: PrivateKey, *attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW.replace(year=2030))
    return builder.public_key(key.public_key()).sign(key, hashes.SHA256())


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_pkcs12_key_signs_what_cryptography_accepts(algorithm: str) -> None:
    made = ca().person("Nguyễn Thị An", "031199000001", algorithm=algorithm)
    key: KeySource = Pkcs12Key.load(ca().pkcs12(made, PASSWORD), PASSWORD)
    assert key.certificate == made.certificate
    assert key.chain == (ca().persons.certificate,)
    messages = [b"one", b"hai", b""]
    values = key.sign(messages)
    public = key.certificate.public_key()
    for message, value in zip(messages, values, strict=True):
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(value, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            assert len(value) == 64
            der = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
            public.verify(der, message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("password", [b"sai", b"", None])
def test_a_wrong_password_says_so_in_vietnamese(password: bytes | None) -> None:
    data = ca().pkcs12(ca().person("Nguyễn Thị An", "031199000001", algorithm="ec"), PASSWORD)
    with pytest.raises(KeySourceError) as caught:
        Pkcs12Key.load(data, password)
    assert caught.value.code == "PKCS12_UNREADABLE"
    assert "mật khẩu" in caught.value.message_vi
    assert isinstance(caught.value, HocBaSoError)


def test_damaged_files_are_refused() -> None:
    data = ca().pkcs12(ca().person("Nguyễn Thị An", "031199000001", algorithm="ec"), PASSWORD)
    for damaged in (b"", b"not a file", data[:-1], data[: len(data) // 2]):
        with pytest.raises(KeySourceError) as caught:
            Pkcs12Key.load(damaged, PASSWORD)
        assert caught.value.code == "PKCS12_UNREADABLE"


def test_a_file_without_a_key_is_refused() -> None:
    certificates = [ca().root.certificate]
    data = pkcs12.serialize_key_and_certificates(None, None, None, certificates, BestAvailableEncryption(PASSWORD))
    with pytest.raises(KeySourceError) as caught:
        Pkcs12Key.load(data, PASSWORD)
    assert caught.value.code == "PKCS12_NO_KEY"


@pytest.mark.parametrize(
    "key",
    [lambda: new_key("rsa", 1024), lambda: ec.generate_private_key(ec.SECP384R1())],
    ids=["rsa-1024", "p-384"],
)
def test_keys_outside_the_policy_are_refused(key) -> None:  # type: ignore[no-untyped-def]
    private = key()
    certificate = certificate_of(private, (NameOID.COMMON_NAME, "Khóa lạ"))
    data = pkcs12.serialize_key_and_certificates(None, private, certificate, None, NoEncryption())
    with pytest.raises(KeySourceError) as caught:
        Pkcs12Key.load(data, None)
    assert caught.value.code == "KEY_NOT_ALLOWED"
    assert "2048" in caught.value.message_vi


def test_subjects_in_the_vietnamese_shape_are_read() -> None:
    teacher = ca().person("Nguyễn Thị An", "031199000001", algorithm="ec").certificate
    school = ca().organisation("Trường Tiểu học Hoa Phượng", "0209999901", algorithm="ec").certificate
    assert (person_id(teacher), tax_code(teacher), common_name(teacher)) == ("031199000001", None, "Nguyễn Thị An")
    assert (person_id(school), tax_code(school)) == (None, "0209999901")


@pytest.mark.parametrize(
    ("attributes", "person", "tax"),
    [
        ([(NameOID.SERIAL_NUMBER, "IDCVN-031199000001")], "031199000001", None),
        ([(NameOID.SERIAL_NUMBER, "VATVN-0209999901-001")], None, "0209999901-001"),
        ([(NameOID.USER_ID, "CCCD:031199000001"), (NameOID.SERIAL_NUMBER, "IDCVN-031199000001")], "031199000001", None),
        ([(NameOID.USER_ID, "CCCD:031199000001"), (NameOID.USER_ID, "CCCD:031199000002")], None, None),
        ([(NameOID.USER_ID, "CCCD:031199000001 ")], None, None),
        ([(NameOID.USER_ID, "CCCD:0311990000012")], None, None),
        ([(NameOID.USER_ID, "xCCCD:031199000001")], None, None),
        ([(NameOID.COMMON_NAME, "CCCD:031199000001")], None, None),
        ([(NameOID.USER_ID, "CCCD:٠٣١١٩٩٠٠٠٠٠١")], None, None),
    ],
)
def test_only_exact_and_single_numbers_count(
    attributes: list[tuple[x509.ObjectIdentifier, str]], person: str | None, tax: str | None
) -> None:
    certificate = certificate_of(_EC, *attributes)
    assert person_id(certificate) == person
    assert tax_code(certificate) == tax


def test_a_pool_deals_few_keys_to_many_people() -> None:
    own = DemoCA.create(NOW, pool=KeyPool(2))
    people = [own.person(f"Cô {n}", f"03119900000{n}", algorithm="ec") for n in range(5)]
    assert len({id(p.private_key) for p in people}) == 2
    assert len({p.certificate.serial_number for p in people}) == 5
    assert all(p.private_key.public_key() == p.certificate.public_key() for p in people)


def test_every_kind_of_the_command_line_has_its_module() -> None:
    assert set(MODULES) == {kind.value for kind in SourceKind}
    for module in MODULES.values():
        assert callable(import_module(module, "hocbaso_app.signing.keys").open_source)


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(KeySourceError) as caught:
        open_source(SourceDescription("cloud"), Secrets())
    assert caught.value.code == "KIND_UNKNOWN" and "pkcs11" in caught.value.message_vi


def test_secrets_never_show() -> None:
    secrets = Secrets("246810", "135791", "bi-mat")
    assert not any(text in repr(secrets) for text in ("246810", "135791", "bi-mat"))


def test_the_chosen_certificate_must_be_the_files(tmp_path: Path) -> None:
    mine = ca().person("Nguyễn Thị An", "031199000001", algorithm="ec")
    other = ca().person("Nguyễn Thị An", "031199000001", algorithm="ec")
    file = tmp_path / "key.p12"
    file.write_bytes(ca().pkcs12(mine, PASSWORD))
    description, secrets = SourceDescription("pkcs12", {"file": str(file)}), Secrets(pin=PASSWORD.decode())
    assert open_source(description, secrets, mine.certificate).certificate == mine.certificate
    with pytest.raises(KeySourceError) as caught:
        open_source(description, secrets, other.certificate)
    assert caught.value.code == "CERTIFICATE_CHANGED"
    with pytest.raises(KeySourceError, match="PKCS12_UNREADABLE"):
        open_source(SourceDescription("pkcs12", {"file": str(tmp_path / "none")}), secrets)


def test_values_are_given_out_only_when_they_verify() -> None:
    key = ca().person("Nguyễn Thị An", "031199000001", algorithm="ec")
    items = [b"one", b"hai", b"ba"]
    values = key.sign(items)
    ders = [encode_dss_signature(int.from_bytes(v[:32], "big"), int.from_bytes(v[32:], "big")) for v in values]
    assert checked(key.certificate, items, ders) == checked(key.certificate, items, values) == values
    for wrong in (values[:1] + values[:1], [values[0], b""], [values[0], bytes(64)], [values[0], b"\x30\x02\x02\x00"]):
        with pytest.raises(KeySourceError, match="VALUE_WRONG") as caught:
            checked(key.certificate, items[:2], wrong)
        assert caught.value.signed == values[:1]
    with pytest.raises(KeySourceError, match="SERVICE_ANSWER"):
        checked(key.certificate, items, values[:2])
    with pytest.raises(ValueError, match="curve"):
        raw_of(encode_dss_signature(1 << 300, 1))


def test_a_source_that_breaks_off_gives_what_it_made() -> None:
    def values() -> Iterator[bytes]:
        yield b"1"
        yield b"2"
        raise KeySourceError("TOKEN_REMOVED", "Hãy cắm lại.", "gone")

    with pytest.raises(KeySourceError) as caught:
        gathered(values())
    assert caught.value.signed == [b"1", b"2"]


def test_a_local_key_is_a_key_source() -> None:
    source: KeySource = LocalKey(_EC, certificate_of(_EC, (NameOID.COMMON_NAME, "A")))
    assert source.chain == ()


_EC = new_key("ec")
