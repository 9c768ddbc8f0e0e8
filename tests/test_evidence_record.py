"""Evidence records: made for many, renewed, written and read (RFC 6283)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from evidence_world import YEAR, stamper
from hypothesis import given, settings
from hypothesis import strategies as st
from signing_world import NOW, world

from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.signing.evidence.check import check
from hocbaso_app.signing.evidence.linking import digests_of, links
from hocbaso_app.signing.evidence.making import make, renew_timestamps, renew_tree
from hocbaso_app.signing.evidence.reading import read
from hocbaso_app.signing.evidence.record import EvidenceError, EvidenceRecord, render
from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData, collect

GROUPS = [(b"file %d" % n, b"data %d" % n) for n in range(5)]
SOON = NOW + timedelta(days=1)


@cache
def authority() -> TimestampAuthority:
    return TimestampAuthority(world().ca.timestamper())


def vouch(token: bytes) -> ValidationData:
    return collect([read_token(token).certificate], world().trust, NOW)


@cache
def made() -> tuple[EvidenceRecord, ...]:
    return tuple(make(iter(GROUPS), stamper(authority(), NOW), vouch=vouch))


@cache
def renewed() -> tuple[EvidenceRecord, ...]:
    return tuple(renew_timestamps(made(), stamper(authority(), SOON), vouch=vouch))


@cache
def renewed_tree() -> tuple[EvidenceRecord, ...]:
    at = SOON + timedelta(days=1)
    return tuple(renew_tree(renewed(), GROUPS, stamper(authority(), at), vouch=vouch))


def roots_are_right(record: EvidenceRecord, *documents: bytes) -> list[bool]:
    return [
        (read_token(link.token).algorithm, read_token(link.token).imprint) == (link.algorithm, link.root)
        for link in links(record, digests_of(*documents))
    ]


@pytest.mark.parametrize(("records", "count"), [(made, 1), (renewed, 2), (renewed_tree, 3)])
def test_every_record_leads_to_every_timestamp(records: Callable[[], tuple[EvidenceRecord, ...]], count: int) -> None:
    for record, group in zip(records(), GROUPS, strict=True):
        assert roots_are_right(record, *group) == [True] * count
        assert check(record, group, world().trust, SOON + YEAR).ok


def test_one_timestamp_serves_all() -> None:
    assert len({record.newest.token for record in made()}) == 1
    assert len({record.newest.token for record in renewed()}) == 1
    assert len({record.newest.token for record in renewed_tree()}) == 1


def test_a_shared_timestamp_is_renewed_without_a_tree() -> None:
    """All five records have the same TimeStamp, so there is one leaf only (RFC 6283 3.1.1: HashTree is optional)."""
    assert {record.chains[0].timestamps[1].path for record in renewed()} == {()}


def test_records_of_different_timestamps_share_the_next_one() -> None:
    more = make([(b"another", b"its data")], stamper(authority(), SOON), vouch=vouch)
    both = renew_timestamps([made()[0], *more], stamper(authority(), SOON + timedelta(days=2)), vouch=vouch)
    assert both[0].newest == both[1].newest and both[0].chains[0].timestamps[1].path != ()
    assert roots_are_right(both[0], *GROUPS[0]) == [True, True]
    assert roots_are_right(both[1], b"another", b"its data") == [True, True]


def test_a_new_chain_uses_the_stronger_algorithm_for_everything() -> None:
    record = renewed_tree()[2]
    assert [chain.algorithm for chain in record.chains] == ["sha256", "sha512"]
    (first,) = record.chains[1].timestamps
    before = hashlib.sha512(record.sequence_octets(1)).digest()
    documents = {hashlib.sha512(one).digest() for one in GROUPS[2]}
    assert set(first.path[0]) == documents | {before}
    with pytest.raises(ValueError, match="not weaker"):
        renew_tree([record], [GROUPS[2]], stamper(authority(), SOON), algorithm="sha256")


def test_renewal_keeps_the_data_of_the_timestamps_own_day() -> None:
    later = ValidationData.of(crls=[world().ca.organisations.crl(SOON)])
    (record,) = renew_timestamps([made()[0]], stamper(authority(), SOON), vouch=lambda _: later)
    kept = record.chains[0].timestamps[0].stamp.data
    assert kept == made()[0].newest.data | later and record.newest.data == later


def test_records_of_two_algorithms_are_renewed_together() -> None:
    late = stamper(authority(), SOON + timedelta(days=9))
    a, b = renew_timestamps([renewed()[0], renewed_tree()[1]], late, vouch=vouch)
    assert roots_are_right(a, *GROUPS[0]) == [True] * 3 and roots_are_right(b, *GROUPS[1]) == [True] * 4


@pytest.mark.parametrize("records", [made, renewed, renewed_tree])
def test_written_and_read_is_the_same(records: Callable[[], tuple[EvidenceRecord, ...]]) -> None:
    for record in records():
        octets = render(record.chains, [("urn:x", b"more")])
        assert read(octets) == (record, (("urn:x", b"more"),))
        assert read(render(record.chains)) == (record, ())


def test_a_file_is_its_own_canonical_form_and_so_are_the_parts_under_a_digest() -> None:
    from foreign_evidence import read_foreign

    record = renewed_tree()[0]
    foreign = read_foreign(render(record.chains))
    assert foreign.timestamp_octets(0, 0) == record.timestamp_octets(0, 0)
    assert foreign.timestamp_octets(1, 0) == record.timestamp_octets(1, 0)
    assert foreign.sequence_octets(1) == record.sequence_octets(1)


def test_only_the_group_itself_is_proved() -> None:
    record, (file, data) = made()[0], GROUPS[0]
    assert roots_are_right(record, file, data) == [True]
    assert roots_are_right(record, file) == [False]
    assert roots_are_right(record, file, data, b"more") == [False]
    assert roots_are_right(record, b"other", data) == [False]


@pytest.mark.parametrize(
    ("documents", "sub_indication"),
    [((b"file 1", b"data 0"), "SIGNED_DATA_NOT_FOUND"), ((b"file 0", b"data 1"), "HASH_FAILURE")],
)
def test_another_document_is_refused(documents: tuple[bytes, bytes], sub_indication: str) -> None:
    verdict = check(made()[0], documents, world().trust, SOON)
    assert (verdict.ok, verdict.time, verdict.sub_indication) == (False, None, sub_indication)


def test_the_time_is_that_of_the_oldest_timestamp() -> None:
    for records in (made, renewed, renewed_tree):
        verdict = check(records()[0], GROUPS[0], world().trust, SOON + YEAR)
        assert verdict.ok and verdict.time == NOW + authority().accuracy


def test_before_the_first_timestamp_there_is_no_proof() -> None:
    assert check(made()[0], GROUPS[0], world().trust, NOW - timedelta(days=1)).sub_indication == "NO_POE"


def test_as_of_a_past_moment_later_timestamps_do_not_count() -> None:
    """The second timestamp's authority is unknown to this trust; as of the day before it that does not matter."""
    from hocbaso_app.demo.ca import DemoCA

    stranger = TimestampAuthority(DemoCA.create(NOW, "Stranger").timestamper())
    (record,) = renew_timestamps([made()[0]], stamper(stranger, SOON), vouch=None)
    assert check(record, GROUPS[0], world().trust, SOON - timedelta(hours=1)).ok
    after = check(record, GROUPS[0], world().trust, SOON + timedelta(hours=1))
    assert after.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND" and "2" in after.message_vi


def test_timestamps_must_be_in_order() -> None:
    (record,) = renew_timestamps([made()[0]], stamper(authority(), NOW - timedelta(days=2)), vouch=None)
    assert check(record, GROUPS[0], world().trust, SOON).sub_indication == "TIMESTAMP_ORDER_FAILURE"


def test_a_stamper_that_stamps_something_else_is_found_out() -> None:
    wrong = stamper(authority(), NOW)
    with pytest.raises(EvidenceError, match="EVIDENCE_TIMESTAMP_WRONG"):
        make(GROUPS, lambda digest: wrong(hashlib.sha256(digest).digest()))


def test_nothing_to_do_asks_nobody() -> None:
    def never(digest: bytes) -> bytes:
        raise AssertionError

    assert make([], never) == renew_timestamps([], never) == renew_tree([], [], never) == []


def octets_of(record: EvidenceRecord) -> bytes:
    return render(record.chains, [("urn:x", b"more")])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_octet_is_refused_or_changes_nothing_that_holds(data: st.DataObject) -> None:
    """Wherever a bit is flipped: unreadable, or the evidence no longer holds, or it stood where nothing is believed:
    in supporting information, or among the certificates that the newest token carries unsigned."""
    octets = bytearray(octets_of(renewed_tree()[0]))
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        record, _ = read(bytes(octets))
    except EvidenceError:
        return
    original = renewed_tree()[0]
    verdict = check(record, GROUPS[0], world().trust, SOON + YEAR)
    assert not verdict.ok or record.with_newest(original.newest) == original


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<EvidenceRecord/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<?xml version="1.0"?><EvidenceRecord xmlns="urn:ietf:params:xml:ns:ers" Version="1.0"></EvidenceRecord>',
        b"<a>" * 5000,
        b"\xff\xfe\x00",
        b"PK\x03\x04",
    ],
)
def test_hostile_octets_are_one_clear_refusal(octets: bytes) -> None:
    with pytest.raises(EvidenceError, match="EVIDENCE_UNREADABLE"):
        read(octets)


def test_other_spellings_are_refused() -> None:
    octets = octets_of(made()[0])
    for changed in (
        octets + b"\n",
        octets.replace(b"<ArchiveTimeStampSequence>", b"<ArchiveTimeStampSequence ><!---->"),
        octets.replace(b'Order="1"', b'Order="2"'),
        octets.replace(b'Version="1.0"', b'Version="1.0" x="y"'),
        octets.replace(b"</TimeStamp>", b"</TimeStamp><Attributes></Attributes>"),
    ):
        assert changed != octets
        with pytest.raises(EvidenceError):
            read(changed)


def test_reading_shares_what_records_share() -> None:
    first, second = (read(octets_of(record))[0] for record in made()[:2])
    assert first.newest is second.newest


def test_trust_is_asked_with_the_data_kept(tmp_path: object) -> None:
    """Without the authority's CRL in the trust folder the one kept with the timestamp is used."""
    bare = TrustStore(world().trust.roots, (), (), world().trust.registry, world().trust.department_certificate)
    record = made()[0]
    assert check(record, GROUPS[0], bare, SOON).sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert check(record, GROUPS[0], bare.with_data(record.newest.data), SOON).ok
