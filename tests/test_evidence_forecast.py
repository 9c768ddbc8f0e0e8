"""Which stored records would fail at a date, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from evidence_world import day, long_world, stamper
from test_long_term import WEEK, file, stages

from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.record.document import Document
from hocbaso_app.signing.evidence.bundle import Bundle, Unreadable, read_bundle
from hocbaso_app.signing.evidence.forecast import Forecast, Reason, due, forecast
from hocbaso_app.signing.evidence.gathering import Gatherer
from hocbaso_app.signing.evidence.making import make
from hocbaso_app.signing.timestamps.slots import timestamp_slots
from hocbaso_app.signing.verify import verify


def told(bundle: Bundle | Unreadable | None, now: datetime, until: datetime, *, advised: bool = False) -> Forecast:
    items: list[tuple[str, Document, Bundle | Unreadable | None]] = [("one", file(), bundle)]
    return forecast(items, long_world().trust_of(now), now=now, until=until, advised=advised)


def one(found: Forecast) -> tuple[Reason | None, int | None]:
    (failing,) = found.failing
    return failing.reason, failing.ends.year if failing.ends else None


NOW = day(2026, 7)


@dataclass
class Clocked:
    authority: TimestampAuthority
    at: datetime

    def stamp_digest(self, digest: bytes) -> bytes:
        return self.authority.stamp_digest(digest, self.at)


@pytest.mark.parametrize(
    ("bundle", "now", "until", "expected"),
    [
        (lambda: None, NOW, day(2028, 7), (Reason.NO_EVIDENCE, 2028)),
        (lambda: stages()[2026], NOW, day(2029, 7), (Reason.TSA_ENDS, 2029)),
        (lambda: stages()[2028], day(2029), day(2033), (Reason.TSA_ENDS, 2032)),
        (lambda: stages()[2031], day(2034, 2), day(2035, 7), (Reason.ALGORITHM_ENDS, 2035)),
        (lambda: stages()[2034], day(2034, 7), day(2036, 7), (Reason.TSA_ENDS, 2036)),
        (lambda: stages()[2026], day(2030), day(2030, 7), (Reason.BROKEN, 2030)),
    ],
)
def test_what_ends_first_is_named(bundle, now: datetime, until: datetime, expected: tuple[Reason, int]) -> None:  # type: ignore[no-untyped-def]
    assert one(told(bundle(), now, until)) == expected


@pytest.mark.parametrize(
    ("bundle", "now", "until"),
    [
        (lambda: None, NOW, day(2028, 5)),
        (lambda: stages()[2026], NOW, day(2028, 7)),
        (lambda: stages()[2034], day(2034, 7), day(2036, 4)),
        (lambda: stages()[2035], day(2036), day(2038)),
    ],
)
def test_what_lasts_is_not_listed(bundle, now: datetime, until: datetime) -> None:  # type: ignore[no-untyped-def]
    found = told(bundle(), now, until)
    assert found.failing == () and found.records == 1


def test_the_forecast_comes_true() -> None:
    """The day before the named end the record is verified, the day after it isn't."""
    for bundle, now in ((stages()[2028], day(2029)), (stages()[2034], day(2034, 7)), (stages()[2031], day(2034, 2))):
        (failing,) = told(bundle, now, day(2045)).failing
        assert failing.ends is not None
        for at, valid in ((failing.ends - WEEK, True), (failing.ends + WEEK, False)):
            result = verify(file(), long_world().trust_of(at), at=at, evidence=bundle)
            assert result.valid == valid, (failing, at)


def test_a_timestamp_in_the_file_lasts_as_long_as_its_authority_and_covers_what_was_signed_before() -> None:
    """The people's certificates end in 2028; the seal's own timestamp in 2029."""
    sealed = timestamp_slots(file(), ["ky-phat-hanh"], Clocked(long_world().stampers[0], NOW))
    first = timestamp_slots(file(), ["ky-mon-01"], Clocked(long_world().stampers[0], NOW))
    trust = long_world().trust_of(NOW)

    def ends(document: Document) -> int | None:
        found = forecast([("one", document, None)], trust, now=NOW, until=day(2045)).failing
        return found[0].ends.year if found[0].ends else None

    assert (ends(file()), ends(first), ends(sealed)) == (2028, 2028, 2029)


def test_evidence_that_came_too_late_is_told_apart() -> None:
    w = long_world()
    data = Gatherer(w.trust_of(day(2027)), day(2027)).of(file())
    at = day(2028, 8)
    (record,) = make(
        [(file().data, data.to_bytes())], stamper(w.stampers[1], at), vouch=Gatherer(w.trust_of(at), at).vouch
    )
    assert one(told(Bundle(data, record), at, day(2028, 9))) == (Reason.SIGNER_ENDS, 2028)
    assert not verify(file(), w.trust_of(at), at=at, evidence=Bundle(data, record)).valid


def test_unreadable_evidence_is_counted_as_broken() -> None:
    found = told(read_bundle(b"<EvidenceRecord/>"), NOW, day(2026, 8))
    assert one(found)[0] is Reason.BROKEN and "bản lưu" in found.failing[0].message_vi
    result = verify(file(), long_world().trust_of(NOW), at=NOW, evidence=read_bundle(b""))
    assert [f.code for f in result.report.findings] == ["EVIDENCE_UNREADABLE"] and not result.valid


def test_advice_counts_when_asked_for() -> None:
    """ETSI advises nothing against P-256 here, so nothing changes; RSA-2048 it does (see the benchmark's world)."""
    assert told(stages()[2035], day(2036), day(2038), advised=True).failing == ()


def test_sums() -> None:
    items = [("a", file(), stages()[2026]), ("b", file(), None), ("c", file(4), None)]
    found = forecast(items, long_world().trust_of(NOW), now=NOW, until=day(2029, 7))
    assert (found.records, found.without_evidence) == (3, 2)
    assert found.reasons == {Reason.TSA_ENDS: 1, Reason.NO_EVIDENCE: 2}
    assert [outlook.name for outlook in found.failing] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("year", "now", "before", "renewal"),
    [
        (2026, NOW, day(2029, 4), None),
        (2026, NOW, day(2029, 6), "timestamps"),
        (2031, day(2034, 2), day(2035, 5), None),
        (2031, day(2034, 2), day(2035, 7), "tree"),
        (2034, day(2034, 7), day(2036, 6), "timestamps"),
    ],
)
def test_which_renewal_is_due(year: int, now: datetime, before: datetime, renewal: str | None) -> None:
    assert due(stages()[year], long_world().trust_of(now), now, before) == renewal
