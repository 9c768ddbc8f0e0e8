"""Sealed statements: right ones open, everything else is refused without a crash."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from cwt import COSE, COSEKey
from hypothesis import given
from hypothesis import strategies as st

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.exchange.roots.leaves import Leaves
from hocbaso_app.exchange.roots.proof import Proof
from hocbaso_app.exchange.roots.statement import KeptRoot
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.certificate import CertificateError, SigningCertificate
from hocbaso_app.signing.cose import SealError, open_seal, seal
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.validation_data import ValidationData

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
CLAIMS: dict[str, Any] = {
    "uuid": "7a6f",
    "phiên bản": 2,
    "values": ["Hoàn thành tốt", 9, None, True],
    "deep": {"a": b"b"},
}


@cache
def key(algorithm: str = "ec") -> LocalKey:
    return DemoCA.create(NOW).organisation("Trường Tiểu học Hoa Phượng", "0209999901", algorithm=algorithm)


@cache
def token() -> bytes:
    return seal(CLAIMS, key(), kind="receipt")


def refused(data: bytes, code: str, **options: Any) -> None:
    with pytest.raises(SealError) as caught:
        open_seal(data, kind=options.pop("kind", "receipt"), **options)
    assert caught.value.code == code
    assert caught.value.message_vi
    assert isinstance(caught.value, HocBaSoError)


def altered(**parts: Any) -> bytes:
    """The token with parts of the COSE_Sign1 replaced, unsigned."""
    protected, unprotected, payload, value = cbor2.loads(token()).value
    new = {"protected": protected, "unprotected": unprotected, "payload": payload, "value": value, **parts}
    return cbor2.dumps(cbor2.CBORTag(18, [new["protected"], new["unprotected"], new["payload"], new["value"]]))


HUGE = b"\xc5\x82\x1b" + (2**62).to_bytes(8, "big") + b"\x01"
"""A CBOR big float of 2⁶² binary places."""


def test_a_number_of_any_size_is_refused_by_every_reader() -> None:
    refused(HUGE, "SEAL_MALFORMED")
    refused(altered(payload=HUGE), "SEAL_MALFORMED")
    readers = (ValidationData.from_bytes, Leaves.from_bytes, Proof.from_bytes, lambda data: KeptRoot(data, b"").claims)
    for read in readers:
        with pytest.raises(HocBaSoError):
            read(HUGE)


def test_a_certificate_with_a_damaged_name_is_none() -> None:
    der = key().certificate.public_bytes(Encoding.DER)
    damaged = load_der_x509_certificate(der.replace(b"MST:", b"\xff\xff\xff\xff"))
    with pytest.raises(CertificateError, match="CERTIFICATE_UNREADABLE"):
        SigningCertificate.of(damaged)
    short = seal(CLAIMS, key(), kind="receipt", embed_certificate=False)
    assert open_seal(short, kind="receipt", candidates=[damaged, key().certificate]).claims == CLAIMS


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_round_trip(algorithm: str) -> None:
    sealed = open_seal(seal(CLAIMS, key(algorithm), kind="receipt"), kind="receipt")
    assert sealed.claims == CLAIMS
    assert sealed.certificate == key(algorithm).certificate


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_foreign_cose_library_accepts_it(algorithm: str) -> None:
    made = seal(CLAIMS, key(algorithm), kind="receipt")
    public = key(algorithm).certificate.public_key()
    from cryptography.hazmat.primitives.serialization import PublicFormat

    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    cose_key = COSEKey.from_pem(pem, alg="RS256" if algorithm == "rsa" else "ES256", kid=b"k")
    payload = COSE.new().decode(made, keys=[cose_key])
    assert cbor2.loads(payload) == CLAIMS


def test_without_the_certificate_inside_it_is_found_by_its_digest() -> None:
    short = seal(CLAIMS, key(), kind="receipt", embed_certificate=False)
    assert len(short) < len(token()) - 400
    others = [key("rsa").certificate, key().certificate]
    assert open_seal(short, kind="receipt", candidates=others).certificate == key().certificate
    refused(short, "SEAL_CERTIFICATE_UNKNOWN")
    refused(short, "SEAL_CERTIFICATE_UNKNOWN", candidates=[key("rsa").certificate])


def test_a_statement_of_another_kind_is_refused() -> None:
    refused(token(), "SEAL_MALFORMED", kind="registry")


def test_altered_claims_signature_and_certificate_are_refused() -> None:
    payload = cbor2.loads(token()).value[2]
    value = cbor2.loads(token()).value[3]
    refused(altered(payload=cbor2.dumps({**CLAIMS, "uuid": "7a70"}, canonical=True)), "SEAL_WRONG")
    refused(altered(payload=payload + b"\x00"), "SEAL_MALFORMED")
    refused(altered(value=bytes(64)), "SEAL_WRONG")
    refused(altered(value=value[:-1]), "SEAL_WRONG")
    other = key("rsa").certificate.public_bytes(Encoding.DER)
    refused(altered(unprotected={33: other}), "SEAL_CERTIFICATE_UNKNOWN")


def test_another_algorithm_in_the_header_is_refused() -> None:
    header = cbor2.loads(cbor2.loads(token()).value[0])
    for algorithm in (-257, -35, 5, "ES256", None):
        refused(altered(protected=cbor2.dumps({**header, 1: algorithm}, canonical=True)), "SEAL_WRONG")


def test_one_signature_has_one_spelling() -> None:
    refused(token() + b"\x00", "SEAL_MALFORMED")
    refused(token() + token(), "SEAL_MALFORMED")
    refused(altered(unprotected={**cbor2.loads(token()).value[1], "x": 1}), "SEAL_MALFORMED")
    header = cbor2.loads(cbor2.loads(token()).value[0])
    refused(altered(protected=cbor2.dumps(dict(reversed(header.items())))), "SEAL_MALFORMED")
    refused(altered(protected=cbor2.dumps({**header, 99: 1}, canonical=True)), "SEAL_MALFORMED")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xd2\x84",
        cbor2.dumps([1, 2, 3, 4]),
        cbor2.dumps(cbor2.CBORTag(18, 5)),
        cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b""])),
        cbor2.dumps(cbor2.CBORTag(18, [b"\x05", {}, b"\xa0", b""])),
        cbor2.dumps(cbor2.CBORTag(98, [b"", {}, b"", b""])),
        b"\x81" * 100_000,
        b"\x9a\xff\xff\xff\xff",
        bytes((4 << 20) + 1),
    ],
    ids=range(11),
)
def test_other_octets_are_refused(data: bytes) -> None:
    refused(data, "SEAL_MALFORMED")


@pytest.mark.parametrize(
    "parts",
    [
        {"value": 5},
        {"value": None},
        {"value": "text"},
        {"unprotected": 5},
        {"unprotected": {33: 7}},
        {"unprotected": {33: b"no certificate"}},
        {"payload": 5},
        {"payload": None},
        {"payload": cbor2.dumps([1])},
        {"protected": b"\xa0"},
        {"protected": 3},
    ],
    ids=str,
)
def test_parts_of_other_types_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(SealError):
        open_seal(altered(**parts), kind="receipt")


@pytest.mark.filterwarnings("ignore:Parsed a negative serial number")
def test_no_altered_bit_is_accepted_or_crashes() -> None:
    for position in range(len(token()) * 8):
        octets = bytearray(token())
        octets[position // 8] ^= 1 << position % 8
        with pytest.raises(SealError):
            open_seal(bytes(octets), kind="receipt")


@given(st.binary(max_size=200))
def test_random_octets_do_not_crash(data: bytes) -> None:
    with pytest.raises(SealError):
        open_seal(data, kind="receipt")
