"""A record of 2026 in the year 2038: its people's certificates, their authority and SHA-256 are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from evidence_world import LongWorld, day, long_world, stamper
from sample_records import sample_record
from signing_world import NOW

from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.evidence.bundle import Bundle, group_of
from hocbaso_app.signing.evidence.making import make
from hocbaso_app.signing.evidence.record import EvidenceError
from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData
from hocbaso_app.signing.verify import Verification, verify

WEEK = timedelta(days=7)


@cache
def file(grade: int = 5) -> Document:
    return long_world().sign(build(sample_record(grade=grade)))


@cache
def stages() -> dict[int, Bundle]:
    """The bundle as it lay in the archive after each year's work."""
    w = long_world()
    found = {2026: w.sealed(file(), NOW + WEEK)}
    found[2028] = w.renewed(found[2026], 1, day(2028, 12))
    found[2031] = w.renewed(found[2028], 2, day(2031, 12))
    found[2034] = w.renewed_tree(found[2031], file(), 2, day(2034))
    found[2035] = w.renewed(found[2034], 3, day(2035, 12))
    return found


def judged(bundle: Bundle | None, at: datetime, document: Document | None = None) -> Verification:
    """From file, evidence and trust folder alone."""
    read = Bundle.from_bytes(bundle.to_bytes()) if bundle else None
    return verify((document or file()).data, long_world().trust_of(at), at=at, evidence=read)


def outcome(result: Verification) -> tuple[Indication, set[str | None], list[str]]:
    report = result.report
    return (
        report.conclusion,
        {s.sub_indication for s in report.signatures},
        [f.code for f in report.findings if f.check.value == "validity"],
    )


PASSED = (Indication.PASSED, {None}, [])


def test_twelve_years_later_it_is_verified_offline() -> None:
    result = judged(stages()[2035], day(2038))
    assert outcome(result) == PASSED, result.report.to_text("en")
    assert {s.best_signature_time for s in result.report.signatures} == {"2026-06-05T10:00:01+07:00"}
    assert [chain.algorithm for chain in stages()[2035].record.chains] == ["sha256", "sha512"]


@pytest.mark.parametrize(
    ("year", "month", "work"),
    [(2027, 6, 2026), (2028, 12, 2026), (2030, 6, 2028), (2033, 6, 2031), (2034, 12, 2034), (2036, 6, 2035)],
)
def test_it_is_verified_in_every_year_between(year: int, month: int, work: int) -> None:
    result = judged(stages()[work], day(year, month))
    assert outcome(result) == PASSED, result.report.to_text("en")


@pytest.mark.parametrize("year", [2026, 2027, 2030, 2036])
def test_the_newest_bundle_answers_for_a_past_moment_too(year: int) -> None:
    assert outcome(judged(stages()[2035], day(year, 7))) == PASSED


@pytest.mark.parametrize("year", range(2026, 2039, 2))
def test_todays_folder_and_evidence_answer_for_every_past_year(year: int) -> None:
    trust, at = long_world().trust_of(day(2038)), day(year, 7)
    assert outcome(verify(file(), trust, at=at, evidence=stages()[2035])) == PASSED


def test_nothing_of_the_old_world_is_in_the_trust_folder() -> None:
    trust = long_world().trust_of(day(2038))
    old = long_world().ca
    assert not any(old.root.certificate.subject == one.issuer for one in trust.intermediates)
    assert len(trust.crls) == 3 and old.root.certificate.not_valid_after_utc < day(2038)
    assert not trust.algorithms.allowed("sha256", day(2038))


def test_without_evidence_nothing_can_be_said() -> None:
    conclusion, subs, _ = outcome(judged(None, day(2038)))
    assert conclusion is Indication.INDETERMINATE and subs == {"CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}
    conclusion, subs, _ = outcome(judged(None, day(2030)))
    assert conclusion is Indication.INDETERMINATE and subs == {"OUT_OF_BOUNDS_NO_POE"}


def _never_renewed(w: LongWorld) -> Bundle:
    return stages()[2026]


def _renewed_too_late(w: LongWorld) -> Bundle:
    """The first time-stamper's certificate ended in 2029."""
    return w.renewed(
        w.renewed_tree(w.renewed(stages()[2026], 2, day(2031, 12)), file(), 2, day(2034)), 3, day(2035, 12)
    )


def _tree_never_renewed(w: LongWorld) -> Bundle:
    return w.renewed(stages()[2031], 3, day(2035, 12))


def _tree_renewed_too_late(w: LongWorld) -> Bundle:
    return w.renewed_tree(_tree_never_renewed(w), file(), 3, day(2036))


def _other_record(w: LongWorld) -> Bundle:
    return w.sealed(file(4), NOW + WEEK)


def _exchanged_data(w: LongWorld) -> Bundle:
    other = ValidationData.of(w.trust.crls[:1])
    return replace(stages()[2035], validation_data=other)


def _lost_link(w: LongWorld) -> Bundle:
    """A timestamp in the middle is taken out."""
    first, second = stages()[2035].record.chains
    short = replace(first, timestamps=(first.timestamps[0], first.timestamps[2]))
    return stages()[2035].with_record(replace(stages()[2035].record, chains=(short, second)))


def _swapped(w: LongWorld) -> Bundle:
    first, second = stages()[2035].record.chains
    turned = replace(second, timestamps=tuple(reversed(second.timestamps)))
    return stages()[2035].with_record(replace(stages()[2035].record, chains=(first, turned)))


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (_never_renewed, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        (_renewed_too_late, "OUT_OF_BOUNDS_NO_POE"),
        (_tree_never_renewed, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        (_tree_renewed_too_late, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        (_other_record, "SIGNED_DATA_NOT_FOUND"),
        (_exchanged_data, "HASH_FAILURE"),
        (_lost_link, "HASH_FAILURE"),
        (_swapped, "TIMESTAMP_ORDER_FAILURE"),
    ],
)
def test_each_omission_is_told_by_its_own_name(spoilt: Callable[[LongWorld], Bundle], code: str) -> None:
    conclusion, _, findings = outcome(judged(spoilt(long_world()), day(2038)))
    assert (conclusion, findings) == (Indication.INDETERMINATE, [code])


def test_evidence_that_nobody_renewed_ends_with_its_time_stampers_certificate() -> None:
    conclusion, subs, findings = outcome(judged(stages()[2026], day(2030)))
    assert conclusion is Indication.INDETERMINATE and subs == set(findings) == {"OUT_OF_BOUNDS_NO_POE"}


def test_a_tampered_record_fails_whatever_lies_beside_it() -> None:
    data = file().data.replace("Nguyễn".encode(), "Nguyên".encode(), 1)
    assert data != file().data
    result = verify(data, long_world().trust_of(day(2038)), at=day(2038), evidence=stages()[2035])
    conclusion, subs, findings = outcome(result)
    assert conclusion is Indication.FAILED and "HASH_FAILURE" in subs and findings == ["SIGNED_DATA_NOT_FOUND"]


def test_a_tampered_bundle_is_unreadable_or_does_not_hold() -> None:
    octets = stages()[2035].to_bytes()
    for place in range(200, len(octets) - 200, 997):
        changed = bytearray(octets)
        changed[place] ^= 4
        try:
            bundle = Bundle.from_bytes(bytes(changed))
        except EvidenceError:
            continue
        newest = bundle.record.with_newest(stages()[2035].record.newest) == stages()[2035].record
        result = judged(bundle, day(2038))
        assert outcome(result)[0] is not Indication.PASSED or newest, place


def test_revoked_before_the_proof_is_not_saved_by_it() -> None:
    w = LongWorld()
    w.ca.revoke(w.principal.certificate, NOW - WEEK)
    document = w.sign(build(sample_record()))
    bundle = w.sealed(document, NOW + WEEK)
    result = verify(document, w.trust_of(day(2027)), at=day(2027), evidence=bundle)
    assert result.report.conclusion is Indication.FAILED
    assert {s.slot: s.sub_indication for s in result.report.signatures}["ky-cbql"] == "REVOKED"


def test_revoked_after_the_proof_does_no_harm() -> None:
    w = LongWorld()
    document = w.sign(build(sample_record()))
    bundle = w.sealed(document, NOW + WEEK)
    w.ca.revoke(w.principal.certificate, day(2026, 9))
    assert not verify(document, w.trust_of(day(2027)), at=day(2027)).valid
    assert verify(document, w.trust_of(day(2027)), at=day(2027), evidence=bundle).valid


def test_a_time_stamper_revoked_before_renewal_proves_nothing() -> None:
    w = LongWorld()
    document = w.sign(build(sample_record()))
    bundle = w.sealed(document, NOW + WEEK)
    w.ca.revoke(w.stampers[0].key.certificate, day(2027))
    late = w.renewed(bundle, 1, day(2028, 12))
    result = verify(document, w.trust_of(day(2030)), at=day(2030), evidence=late)
    assert outcome(result)[2] == ["REVOKED_NO_POE"]


def test_who_needs_no_proof_passes_with_evidence_that_shows_nothing_but_not_with_another_file_s() -> None:
    """Its certificates still good, a record is valid although nobody knows the time-stamper; tampering is said."""
    w, at = long_world(), day(2026, 7)
    data = stages()[2026].validation_data
    (record,) = make([group_of(file().data, data)], stamper(LongWorld().stampers[0], NOW + WEEK))
    assert verify(file(), w.trust_of(at), at=at, evidence=Bundle(data, record)).valid
    assert outcome(verify(file(), w.trust_of(day(2030)), at=day(2030), evidence=Bundle(data, record)))[2] == [
        "NO_CERTIFICATE_CHAIN_FOUND"
    ]
    assert outcome(verify(file(), w.trust_of(at), at=at, evidence=_other_record(w))) == (
        Indication.INDETERMINATE,
        {None},
        ["SIGNED_DATA_NOT_FOUND"],
    )


def test_a_time_stamper_that_nobody_trusts_proves_nothing() -> None:
    trust = long_world().trust_of(day(2038))
    bare = TrustStore(
        tuple(root for root in trust.roots if root.subject != long_world().next.root.certificate.subject),
        (),
        (),
        trust.registry,
        trust.department_certificate,
        algorithms=trust.algorithms,
    )
    result = verify(file(), bare, at=day(2038), evidence=stages()[2035])
    assert outcome(result)[2] == ["NO_CERTIFICATE_CHAIN_FOUND"]
