"""A new list from the last one: nothing is ever taken out, an anchor that counts no more gets an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hocbaso_app.record.times import read_instant, write_instant

from ..trust_errors import TrustError
from .listing import Change, ListedAnchor, TrustList
from .rules import check_list


def first(environment: str, department: str, department_tax_code: str) -> TrustList:
    """An empty list to begin with."""
    return TrustList(environment, department, department_tax_code, 0, "", (), ())


def add(
    trust_list: TrustList, anchor: ListedAnchor, *, reason: str, by: str, approved_by: str, now: datetime
) -> TrustList:
    """With one more anchor."""
    if trust_list.anchor(anchor.sha256) is not None:
        raise TrustError(
            "ANCHOR_KNOWN", f"Gốc {anchor.name} đã có trong danh sách.", f"{anchor.sha256} is on the list already"
        )
    change = Change(write_instant(now), "add", anchor.sha256, reason, by, approved_by)
    return _next(trust_list, (*trust_list.anchors, anchor), change, now)


def withdraw(
    trust_list: TrustList, sha256: str, *, until: datetime, reason: str, by: str, approved_by: str, now: datetime
) -> TrustList:
    """Signatures proved older than ``until`` keep counting, newer ones never do."""
    known = trust_list.anchor(sha256)
    if known is None:
        raise TrustError("ANCHOR_UNKNOWN", "Gốc này không có trong danh sách.", f"{sha256} is not on the list")
    if known.valid_until is not None and read_instant(known.valid_until) <= until:
        raise TrustError(
            "ANCHOR_WITHDRAWN",
            f"Gốc {known.name} đã thôi được tin cậy từ {known.valid_until}.",
            f"withdrawn since {known.valid_until}",
        )
    ended = replace(known, valid_until=write_instant(until))
    anchors = tuple(ended if anchor is known else anchor for anchor in trust_list.anchors)
    change = Change(write_instant(now), "withdraw", sha256, reason, by, approved_by)
    return _next(trust_list, anchors, change, now)


def _next(trust_list: TrustList, anchors: tuple[ListedAnchor, ...], change: Change, now: datetime) -> TrustList:
    made = replace(
        trust_list,
        number=trust_list.number + 1,
        issued_at=write_instant(now),
        anchors=anchors,
        changes=(*trust_list.changes, change),
    )
    check_list(made)
    return made
