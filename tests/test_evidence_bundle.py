"""The file beside a record: its validation data and evidence."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from evidence_world import YEAR, stamper
from sample_records import sample_record
from signing_world import LATER, NOW, released, world

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.record.document import build
from hocbaso_app.signing.evidence.bundle import MAX_ITEM_BYTES, Bundle, group_of
from hocbaso_app.signing.evidence.gathering import signers_of, unsettled
from hocbaso_app.signing.evidence.making import make
from hocbaso_app.signing.evidence.reading import SHARED
from hocbaso_app.signing.evidence.record import RENDERED, EvidenceError, EvidenceRecord, render
from hocbaso_app.signing.timestamps import slots_without, timestamp_slots
from hocbaso_app.signing.validation_data import ValidationData, collect
from hocbaso_app.signing.verify import verify


@cache
def bundle() -> Bundle:
    file = released().data
    data = collect([world().principal.certificate], world().trust, NOW)
    (record,) = make([group_of(file, data)], stamper(TimestampAuthority(world().ca.timestamper()), LATER))
    return Bundle(data, record)


def test_octets_are_deterministic_and_read_back() -> None:
    octets = bundle().to_bytes()
    assert Bundle.from_bytes(octets) == bundle() and Bundle.from_bytes(octets).to_bytes() == octets


def test_it_proves_its_file_and_no_other() -> None:
    assert bundle().check(released().data, world().trust, LATER + YEAR).ok
    other = bundle().check(released(4).data, world().trust, LATER + YEAR)
    assert other.sub_indication == "SIGNED_DATA_NOT_FOUND"
    exchanged = Bundle(ValidationData(), bundle().record).check(released().data, world().trust, LATER + YEAR)
    assert exchanged.sub_indication == "HASH_FAILURE"


def test_verification_takes_it() -> None:
    result = verify(released(), world().trust, at=LATER + timedelta(days=1), evidence=bundle())
    assert result.valid
    assert {s.best_signature_time for s in result.report.signatures} == {"2026-05-29T11:00:01+07:00"}
    assert all("evidence" in s.proofs for s in result.report.signatures)


def test_as_of_a_day_before_it_is_as_if_it_were_not_there() -> None:
    result = verify(released(), world().trust, at=NOW + timedelta(minutes=5), evidence=bundle())
    assert result.valid and not any(s.proofs for s in result.report.signatures)


@pytest.mark.parametrize(
    "supporting",
    [[], [("urn:x", b"")], [("urn:hocbaso:validation-data:1", b"\x80")], [("urn:hocbaso:validation-data:1", b"")]],
)
def test_without_readable_validation_data_it_is_refused(supporting: list[tuple[str, bytes]]) -> None:
    with pytest.raises(EvidenceError, match="EVIDENCE_UNREADABLE"):
        Bundle.from_bytes(render(bundle().record.chains, supporting))


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(EvidenceError, match="EVIDENCE_TOO_LARGE"):
        replace(bundle(), validation_data=ValidationData.of(crls=[bytes(MAX_ITEM_BYTES)])).to_bytes()
    largest = replace(bundle(), validation_data=ValidationData.of(crls=[bytes(MAX_ITEM_BYTES - 20)]))
    assert Bundle.from_bytes(largest.to_bytes()) == largest


def test_a_flood_of_certificates_or_timestamps_is_refused() -> None:
    flood = replace(bundle(), validation_data=ValidationData.of(certificates=[b"%d" % n for n in range(501)]))
    with pytest.raises(EvidenceError, match="500"):
        Bundle.from_bytes(flood.to_bytes())
    (chain,) = bundle().record.chains
    long = bundle().with_record(EvidenceRecord((replace(chain, timestamps=chain.timestamps * 201),)))
    with pytest.raises(EvidenceError, match="200"):
        Bundle.from_bytes(long.to_bytes())


def test_bundles_of_strangers_hold_little_memory() -> None:
    """Large lists in timestamps that nobody shares."""
    (chain,) = bundle().record.chains
    (first,) = chain.timestamps
    for _ in range(5):
        data = ValidationData.of(crls=[os.urandom(MAX_ITEM_BYTES) for _ in range(2)])
        stamp = replace(first, stamp=replace(first.stamp, data=data))
        large = bundle().with_record(EvidenceRecord((replace(chain, timestamps=(stamp,)),)))
        assert Bundle.from_bytes(large.to_bytes()) == large
    assert 0 < SHARED.octets <= SHARED.most and 0 < RENDERED.octets <= RENDERED.most
    octets = bundle().to_bytes()
    assert Bundle.from_bytes(octets).record.newest is Bundle.from_bytes(octets).record.newest


def test_kept_data_that_are_nonsense_do_no_harm() -> None:
    nonsense = ValidationData.of([b"\x30\x00", b"x"], [b"x"], [b"\x30\x00"])
    file = released().data
    (record,) = make([group_of(file, nonsense)], stamper(TimestampAuthority(world().ca.timestamper()), LATER))
    result = verify(file, world().trust, at=LATER + timedelta(days=1), evidence=Bundle(nonsense, record))
    assert result.valid


def test_whoever_needs_no_list_of_an_authority_that_has_none_needs_none_for_evidence_either() -> None:
    document, other = released(), DemoCA.create(NOW, "Other")
    trust = replace(
        world().trust,
        roots=(*world().trust.roots, other.root.certificate),
        intermediates=(*world().trust.intermediates, other.organisations.certificate),
    )
    data = collect(signers_of(document), trust, NOW)
    stamping = TimestampAuthority(other.timestamper(not_after=NOW + 4 * YEAR))
    (record,) = make([group_of(document.data, data)], stamper(stamping, NOW + timedelta(minutes=10)))
    at = NOW + 3 * YEAR  # the signers' certificates have ended
    for revocation, valid in (("require", False), ("if-present", True)):
        found = verify(document, trust, at=at, revocation=revocation, evidence=Bundle(data, record))
        assert found.valid is valid, found.report.to_text()


def test_newer_lists_or_answers_settle_a_signature() -> None:
    """Newer than its timestamp, or than the file is there: the time it claims shows nothing."""
    ca, hour = world().ca, timedelta(hours=1)
    signed = world().sign(build(sample_record(grade=5)), at=NOW - 3 * hour)
    at_ten = TimestampAuthority(ca.timestamper(), clock=lambda: NOW)
    stamped = timestamp_slots(signed, slots_without(signed), at_ten)
    data = collect(signers_of(signed), world().trust, NOW)
    old = ValidationData.of(data.certificates, [one.crl(NOW - hour) for one in ca.authorities])
    newer = ValidationData.of(crls=[ca.persons.crl(NOW + hour), ca.organisations.crl(NOW + hour)])
    for document, since in ((signed, NOW + hour), (stamped, NOW + timedelta(seconds=1))):
        verified = verify(document, world().trust, at=NOW + hour)
        assert unsettled(verified, old, NOW + hour) == since
        assert unsettled(verified, old | newer, NOW + hour) is None
        assert unsettled(verified, old | ValidationData.of(crls=[ca.persons.crl(NOW + hour)]), NOW + hour) == since
    assert unsettled(verify(signed, world().trust, at=NOW), old, NOW - 2 * hour) is None
