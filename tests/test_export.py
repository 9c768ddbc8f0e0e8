"""Copies at level LT and LTA: everything inside, and always the way back to the original's exact octets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_records import sample_record
from signing_world import NOW, released, world
from test_timestamped_slots import AT, YEARS_LATER, At, authority, kept_trust, timestamped

from hocbaso_app.record.document import Document, build
from hocbaso_app.signing import xades
from hocbaso_app.signing.certificate import read_certificate
from hocbaso_app.signing.export import ExportError, make_copy, read_copy
from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.verify import verify

STAMPER = At(AT, authority()).stamp_digest


@cache
def copy(level: str, original: str = "T") -> bytes:
    return make_copy(source(original), level, world().trust, STAMPER, at=AT)


def source(level: str) -> Document:
    return timestamped() if level == "T" else released()


@pytest.mark.parametrize("level", ["LT", "LTA"])
@pytest.mark.parametrize("original", ["B", "T"])
def test_a_copy_comes_back_to_the_original_s_exact_octets(level: str, original: str) -> None:
    read = read_copy(copy(level, original))
    assert read.level == level and read.original.data == source(original).data
    assert {extension.added for extension in read.extensions.values()} == {original == "B"}
    assert verify(read.original, world().trust, at=AT).valid


def test_each_signature_has_all_that_its_path_needs_and_no_more_than_the_roots_is_asked_for() -> None:
    trust = world().trust
    bare = replace(trust, intermediates=(), crls=(), ocsps=())
    for slot, extension in read_copy(copy("LTA")).extensions.items():
        filled = xades.read_slot(timestamped().slot(slot))
        assert filled is not None
        signer, token = read_certificate(filled.certificate), read_token(extension.token)
        assert signer is not None and extension.archive is not None
        assert bare.with_data(extension.data).paths.check(signer.x509, token.time).ok
        assert not bare.paths.check(signer.x509, token.time).ok
        stamp_paths = bare.with_data(extension.stamp_data).paths
        assert stamp_paths.check(token.certificate, token.time, usage="timestamp").ok


def test_long_after_the_certificates_a_copy_can_still_be_made() -> None:
    with pytest.raises(ExportError, match="NOT_VALID"):
        make_copy(timestamped(), "LT", world().trust, at=YEARS_LATER + timedelta(days=9000))
    data = make_copy(timestamped(), "LT", kept_trust(), at=YEARS_LATER)
    assert read_copy(data).original.data == timestamped().data


def test_what_can_t_be_made_is_said() -> None:
    invalid = world().sign(build(sample_record())).with_slot("ky-phat-hanh", b"")
    without_crls = replace(world().trust, crls=())
    for document, level, trust, stamper, code in (
        (invalid, "LT", world().trust, STAMPER, "NOT_VALID"),
        (released(), "LT", world().trust, None, "TSA_NEEDED"),
        (timestamped(), "LTA", world().trust, None, "TSA_NEEDED"),
        (timestamped(), "LT", without_crls, STAMPER, "NOT_VALID"),
    ):
        with pytest.raises(ExportError) as refusal:
            make_copy(document, level, trust, stamper, at=AT)
        assert refusal.value.code == code and refusal.value.message_vi
    with pytest.raises(ValueError, match="level"):
        make_copy(timestamped(), "T", world().trust, at=AT)


def test_a_copy_is_no_record_file() -> None:
    """Nobody takes it for the original: it verifies only after it was taken back."""
    assert verify(copy("LTA"), world().trust, at=AT).exit_code == 1


CRL = b"<xades:EncapsulatedCRLValue>"
ALTERATIONS = {
    "the original itself": lambda data: timestamped().data,
    "a value changed": lambda data: data.replace(b"<CAN_NANG>31.5", b"<CAN_NANG>31.6"),
    "a CRL twice": lambda data: data.replace(CRL, CRL + b"AAAA</xades:EncapsulatedCRLValue>" + CRL, 1),
    "a property more": lambda data: data.replace(
        b"<xades:CertificateValues>", b"<xades:CounterSignature></xades:CounterSignature><xades:CertificateValues>", 1
    ),
    "one archive timestamp less": lambda data: (
        data[: data.index(b"<xades141:ArchiveTimeStamp")]
        + data[data.index(b"</xades141:ArchiveTimeStamp>") + len(b"</xades141:ArchiveTimeStamp>") :]
    ),
    "white space": lambda data: data.replace(b"<xades:CRLValues>", b"<xades:CRLValues>\n", 1),
    "a comment": lambda data: data.replace(b"<xades:CRLValues>", b"<xades:CRLValues><!-- -->", 1),
    "the Id of a signature": lambda data: data.replace(b'Id="ky-mon-02-sig"', b'Id="ky-mon-99-sig"', 1),
    "octets behind it": lambda data: data + b"\n",
    "no file at all": lambda data: b"",
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_anything_else_is_no_copy(alter: object) -> None:
    data = alter(copy("LTA"))  # type: ignore[operator]
    assert data != copy("LTA")
    with pytest.raises(ExportError, match="COPY_MALFORMED"):
        read_copy(data)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_octet_changed_is_no_copy_or_leaves_the_original_as_it_was(data: st.DataObject) -> None:
    octets = bytearray(copy("LT"))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = read_copy(bytes(octets))
    except ExportError:
        return
    assert read.original.body == timestamped().body or not verify(read.original, world().trust, at=AT).valid


def test_the_archive_timestamps_are_later_than_all_they_cover() -> None:
    for extension in read_copy(copy("LTA")).extensions.values():
        assert extension.archive is not None
        assert read_token(extension.archive).time >= read_token(extension.token).time > NOW
