"""Test signatures: right ones pass, nothing else passes for one, and they pass for nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sample_records import sample_record
from signing_world import world

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.errors import FormatError
from hocbaso_app.signing.cose import SealError, open_seal
from hocbaso_app.signing.sign import prepare
from hocbaso_app.signing.slots import expected_slots
from hocbaso_app.signing.test_signature import PREFIX, check_test, prepare_test, read_test

NOW = datetime(2026, 11, 25, 8, tzinfo=timezone.utc)
NONCE = "nonce-of-a-test-signature"


@pytest.fixture(scope="module")
def ca() -> DemoCA:
    return DemoCA.create(NOW)


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_test_signature_is_the_holders_and_nobody_elses(ca: DemoCA, algorithm: str) -> None:
    key = ca.person("Nguyễn Thị An", "031199000001", algorithm=algorithm)
    again = ca.person("Nguyễn Thị An", "031199000001", algorithm="ec")
    octets = prepare_test(key.certificate, NONCE, NOW)
    (value,) = key.sign([octets])
    assert check_test(key.certificate, octets, value)
    assert not check_test(again.certificate, octets, value)
    assert not check_test(key.certificate, prepare_test(key.certificate, NONCE, NOW + timedelta(seconds=1)), value)
    assert not check_test(key.certificate, octets, value[:-1] + bytes([value[-1] ^ 1]))


def test_it_says_who_what_and_when(ca: DemoCA) -> None:
    key = ca.person("Nguyễn Thị An", "031199000001", algorithm="ec")
    said = read_test(prepare_test(key.certificate, NONCE, NOW))
    assert said is not None
    assert (said.nonce, said.at) == (NONCE, NOW)
    assert "CCCD:031199000001" in said.holder


def test_only_the_very_text_counts(ca: DemoCA) -> None:
    """Also when the holder himself signed the other text."""
    key = ca.person("Nguyễn Thị An", "031199000001", algorithm="ec")
    right = prepare_test(key.certificate, NONCE, NOW)
    others = [
        right + b"\n",
        right[len(PREFIX.encode()) :],
        right.replace(b"nonce: ", b"nonce:  "),
        right.replace(b"+07:00", b"+00:00\n"),
        right.replace(b"+07:00", b"-99:00"),
        right.replace("Thị".encode(), "Văn".encode()),
        b"",
        b"\xff" + right,
    ]
    for octets in others:
        (value,) = key.sign([octets])
        assert not check_test(key.certificate, octets, value)


@pytest.mark.parametrize("nonce", ["", "short", "x" * 129, "line\nbreak-in-a-nonce", "nonce with blanks in it"])
def test_a_nonce_cannot_bring_lines_of_its_own(ca: DemoCA, nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        prepare_test(ca.person("A", "031199000001", algorithm="ec").certificate, nonce, NOW)


def test_it_can_never_be_a_record_a_signature_of_one_or_a_seal() -> None:
    teacher = world().teachers["homeroom"]
    octets = prepare_test(teacher.certificate, NONCE, NOW)
    with pytest.raises(FormatError):
        Document.parse(octets)
    with pytest.raises(SealError):
        open_seal(octets, kind="registry")
    document = build(sample_record())
    slot = expected_slots(document.record)[0].id
    signed_info = prepare(document, slot, teacher.certificate, NOW).to_be_signed
    (value,) = teacher.sign([signed_info])
    assert not check_test(teacher.certificate, signed_info, value)
