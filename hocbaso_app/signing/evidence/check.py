"""Whether an evidence record proves that its documents existed, and since when (RFC 6283 3.3 and 4.3).

In order of time: each timestamp must be over what it covers, and good at the
time of the next one; the newest must be good at the moment of the question.
What the authorities of old said is in the record itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hocbaso_app.record.times import VIETNAM
from hocbaso_app.signing.timestamps import TimestampError, TimestampToken, check_token, read_token
from hocbaso_app.signing.trust import TrustStore

from .linking import Link, digests_of, links
from .record import EvidenceRecord

TAMPERED = frozenset(
    {"FORMAT_FAILURE", "HASH_FAILURE", "SIGNED_DATA_NOT_FOUND", "SIG_CRYPTO_FAILURE", "TIMESTAMP_ORDER_FAILURE"}
)
"""Sub-indications of evidence that is damaged, or of another file; all others say that it can't be relied on."""


@dataclass(frozen=True, slots=True)
class EvidenceVerdict:
    """Whether evidence holds; else the EN 319 102-1 sub-indication and why."""

    ok: bool
    time: datetime | None
    """By then every document of the group existed, as far as the oldest timestamp says."""
    sub_indication: str | None
    message_vi: str
    message_en: str
    times: tuple[datetime, ...] = ()
    """Of all timestamps read so far."""


def check(
    record: EvidenceRecord,
    documents: Sequence[bytes],
    trust: TrustStore,
    at: datetime,
    *,
    revocation: str = "require",
) -> EvidenceVerdict:
    """The record over the octets of ``documents`` (the file first) as of ``at``; timestamps after ``at`` don't count.

    ``trust`` already has the record's validation data (:meth:`TrustStore.with_data`).
    """
    chain = list(links(record, digests_of(*documents)))
    try:
        tokens = [read_token(link.token) for link in chain]
    except TimestampError as error:
        return _no("FORMAT_FAILURE", error.message_vi, error.message_en)
    times = tuple(token.latest for token in tokens)
    if not tokens or tokens[0].time > at:
        return _no("NO_POE", "Vào thời điểm này chưa có bằng chứng thời gian.", "no evidence is that old", times)
    if any(later.time < earlier.time for earlier, later in itertools.pairwise(tokens)):
        return _no(
            "TIMESTAMP_ORDER_FAILURE",
            "Các dấu thời gian trong bằng chứng không theo thứ tự thời gian.",
            "the timestamps are not in order of time",
            times,
        )
    known = list(zip(chain, tokens, strict=True))[: sum(token.time <= at for token in tokens)]
    until = (*times[1 : len(known)], at)
    refusals = itertools.chain(
        (_covering(n, *one, record, documents) for n, one in enumerate(known)),
        (_holding(n, *one, trust, until[n], revocation) for n, one in enumerate(known)),
    )
    refused = next((refusal for refusal in refusals if refusal), None)
    if refused:
        return EvidenceVerdict(False, None, *refused, times)
    return EvidenceVerdict(
        True,
        times[0],
        None,
        f"Có bằng chứng tệp đã có trước {_day(times[0])}, qua {len(known)} dấu thời gian nối tiếp.",
        f"the documents existed by {times[0]:%Y-%m-%d %H:%M:%S}Z, by {len(known)} timestamps in a row",
        times,
    )


_Refusal = tuple[str, str, str]


def _covering(
    n: int, link: Link, token: TimestampToken, record: EvidenceRecord, documents: Sequence[bytes]
) -> _Refusal | None:
    if link.root is not None and (token.algorithm, token.imprint) == (link.algorithm, link.root):
        return None
    first = record.chains[0].timestamps[0].path
    if n == 0 and first and not digests_of(documents[0])(link.algorithm) <= frozenset(first[0]):
        return (
            "SIGNED_DATA_NOT_FOUND",
            "Bằng chứng này là của tệp khác.",
            "the evidence is about other documents",
        )
    return (
        "HASH_FAILURE",
        "Bằng chứng, hoặc dữ liệu xác thực kèm theo, đã bị thay đổi."
        if n == 0
        else f"Dấu thời gian thứ {n + 1} không nối với các dấu trước.",
        f"timestamp {n + 1} is not over what it must cover",
    )


def _holding(
    n: int, link: Link, token: TimestampToken, trust: TrustStore, at: datetime, revocation: str
) -> _Refusal | None:
    assert link.root is not None
    verdict = check_token(token, link.root, trust.paths, at, revocation=revocation)
    if not verdict.ok:
        assert verdict.sub_indication is not None
        return (
            verdict.sub_indication,
            f"Dấu thời gian thứ {n + 1} không còn dùng được vào {_day(at)}: {verdict.message_vi}",
            f"timestamp {n + 1} as of {at:%Y-%m-%d}: {verdict.message_en}",
        )
    return None


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def _no(sub_indication: str, message_vi: str, message_en: str, times: tuple[datetime, ...] = ()) -> EvidenceVerdict:
    return EvidenceVerdict(False, None, sub_indication, message_vi, message_en, times)
