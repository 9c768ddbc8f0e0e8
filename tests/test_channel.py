"""The channel between authority and school: signed bulletins down, reports up, in any order, as often as you like."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import portal_world
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal_world import PortalWorld
from signing_world import NOW, world

from hocbaso_app.exchange import bulletin, upward
from hocbaso_app.exchange.bulletin import Bulletin
from hocbaso_app.exchange.errors import RefusedError, UncertainError
from hocbaso_app.exchange.upward import Frozen, Hold, Progress, Reading, Report, ReportError, Unsent
from hocbaso_app.record.times import write_instant

SCHOOL, NONCE = "31999901", "c0ffee"
ISSUER = {"code": "31", "name": "Sở Giáo dục và Đào tạo Hải Phòng", "kind": "Department"}
WINDOW = {"uid": "w1", "from": "2026-05-29T00:00:00+07:00", "closed": True}
AT = write_instant(NOW)


def made(**changes: Any) -> Bulletin:
    empty: dict[str, Any] = {"outages": [], "schedules": [], "notices": []}
    claims = {"issuer": ISSUER, "school_code": SCHOOL, "issued_at": AT, "nonce": NONCE, "windows": [WINDOW]}
    return Bulletin(**{**claims, **empty, "settings": {"recall_tier": "Department"}, **changes})


def taken(token: bytes, **changes: Any) -> Bulletin:
    asked: dict[str, Any] = {"school_code": SCHOOL, "nonce": NONCE, "last": None}
    return bulletin.accept(token, world().trust, **{**asked, **changes})


def test_a_bulletin_of_the_authority_is_taken() -> None:
    sent = made()
    assert taken(bulletin.issue(sent, world().department), last=NOW - timedelta(hours=1)) == sent


def test_the_same_second_again_is_taken() -> None:
    assert taken(bulletin.issue(made(), world().department), last=NOW).moment == NOW


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"school_code": "31999902"}, "BULLETIN_OF_ANOTHER"),
        ({"nonce": "another"}, "BULLETIN_REPLAYED"),
        ({"last": NOW + timedelta(seconds=1)}, "BULLETIN_OLD"),
    ],
)
def test_another_ones_or_an_old_bulletin_is_refused(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(UncertainError) as caught:
        taken(bulletin.issue(made(), world().department), **asked)
    assert caught.value.code == code
    assert caught.value.message_vi


def test_a_school_cannot_speak_as_the_authority() -> None:
    with pytest.raises(UncertainError):
        taken(bulletin.issue(made(), world().school))


def test_every_flipped_octet_is_seen() -> None:
    token = bytearray(bulletin.issue(made(), world().department))
    for place in range(0, len(token), 7):
        token[place] ^= 1
        with pytest.raises(UncertainError):
            taken(bytes(token))
        token[place] ^= 1


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": {"code": "31"}},
        {"issued_at": "2026-05-29T10:00:00"},
        {"issued_at": "gần đây"},
        {"windows": {"uid": "w1"}},
        {"notices": ["text"]},
        {"settings": []},
    ],
)
def test_what_is_no_bulletin(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        made(**changes)


def test_the_same_content_is_known_again() -> None:
    later = made(issued_at=write_instant(NOW + timedelta(hours=1)), nonce="other")
    assert made().says() == later.says() != made(windows=[]).says()


# --- upwards ----------------------------------------------------------------------------------------------------------


def told(**changes: Any) -> Report:
    figures = bulletin.canonical({"released": 35}).decode()
    digest = "5b7f7dfd23f7db4bcb6578605179d3808c8aa3272e88d8eb4d58102f41b5da94"
    frozen = Frozen("f1", "Progress", "Tiến độ", AT, figures, digest, "Lê Thị Cúc", AT)
    report = Report(
        school_code=SCHOOL,
        at=AT,
        progress=(Progress("2025-2026", "1A", "01", "Released", 35, 35),),
        holds=(Hold("Sending", "Lê Thị Cúc", "Đổi đường truyền", AT),),
        unsent=Unsent(waiting=3, overdue=1, oldest=AT),
        reconciliation={"should": 35, "received": 32},
        readings=(Reading("n1", "Lê Thị Cúc", AT),),
        frozen=(frozen,),
    )
    return replace(report, **changes)


def over_the_wire(report: Report) -> Any:
    return json.loads(json.dumps(upward.to_json(report)))


def test_a_report_comes_over_whole() -> None:
    assert upward.read(over_the_wire(told())) == told()
    assert upward.read(over_the_wire(Report(SCHOOL, AT))) == Report(SCHOOL, AT)


def _set(*path: Any) -> Callable[[Any], None]:
    *way, last, value = path

    def change(body: Any) -> None:
        for step in way:
            body = body[step]
        body[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("at", "hôm qua"),
        _set("at", "2026-05-29T10:00:00"),
        _set("school_code", 31),
        _set("school_code", "3" * 21),
        _set("more", 1),
        _set("progress", {}),
        _set("progress", 0, "count", -1),
        _set("progress", 0, "count", True),
        _set("progress", 0, "count", "35"),
        _set("progress", 0, "waiting_since", "lâu rồi"),
        _set("progress", 0, "secret", "x"),
        _set("progress", [{"student_group": "1A"}] * (upward.MOST_ROWS + 1)),
        _set("holds", 0, "reason", "x" * (upward.LONGEST_TEXT + 1)),
        _set("unsent", "overdue", None),
        _set("unsent", "oldest", "x"),
        _set("reconciliation", "received", 1.5),
        _set("readings", 0, "read_at", "x"),
        _set("frozen", 0, "figures", "{}"),
        _set("frozen", 0, "as_of", "2026"),
    ],
)
def test_a_wrong_report_is_refused_whole(change: Callable[[Any], None]) -> None:
    body = over_the_wire(told())
    change(body)
    with pytest.raises(ReportError) as caught:
        upward.read(body)
    assert caught.value.message_vi


@pytest.mark.parametrize("body", [None, [], "x", {}, {"at": AT}])
def test_what_is_no_report(body: Any) -> None:
    with pytest.raises(ReportError):
        upward.read(body)


def test_the_same_state_is_known_again() -> None:
    later = told(at=write_instant(NOW + timedelta(days=1)), readings=(), frozen=())
    assert told().says() == later.says() != told(holds=()).says()


def test_readings_grow_whatever_the_order() -> None:
    first, later = AT, write_instant(NOW + timedelta(hours=3))
    tellings = [
        Reading("n1"),
        Reading("n1", "Cúc", first),
        Reading("n1", "Lan", later),
        Reading("n1", "Lan", later, "Lan", later, "Đã nộp"),
        Reading("n1", "Cúc", first, "Hoa", write_instant(NOW + timedelta(hours=9)), "Xong"),
    ]
    for order in permutations(tellings):
        known = Reading("n1")
        for telling in (*order, *order):
            known = upward.merge(known, telling)
        assert known == Reading("n1", "Cúc", first, "Lan", later, "Đã nộp")


ZONES = st.sampled_from(["2026-05-29T10:00:00+07:00", "2026-05-29T03:30:00+00:00", "2026-05-29T11:00:00+07:00", ""])
NAMES = st.sampled_from(["", "Cúc", "Lan"])
READINGS = st.builds(Reading, st.just("n1"), NAMES, ZONES, NAMES, ZONES, NAMES)


@given(READINGS, READINGS, READINGS)
def test_merging_is_the_same_in_any_order(a: Reading, b: Reading, c: Reading) -> None:
    merge = upward.merge
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(merge(a, b), b) == merge(a, b)


def test_two_notices_are_not_merged() -> None:
    with pytest.raises(ValueError, match="two"):
        upward.merge(Reading("n1"), Reading("n2"))


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_sandbox_says_and_hears(city: PortalWorld) -> None:
    city.app.channel.said["windows"] = [WINDOW]
    client, nonce = city.client(5), "0" * 32
    token = base64.b64decode(client.extension(bulletin.EXTENSION, {"nonce": nonce})["bulletin"])
    found = bulletin.accept(token, city.portal.trust, school_code=portal_world.SCHOOL, nonce=nonce, last=None)
    assert found.windows == [WINDOW]
    later = told(school_code=portal_world.SCHOOL, at=write_instant(NOW + timedelta(hours=1)))
    earlier = replace(later, at=AT, holds=())
    answers = [client.extension(upward.EXTENSION, over_the_wire(report)) for report in (later, earlier, later)]
    assert [answer["newest"] for answer in answers] == [True, False, True]
    assert city.app.channel.heard == {portal_world.SCHOOL: later}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (bulletin.EXTENSION, {}),
        (bulletin.EXTENSION, {"nonce": "short"}),
        (upward.EXTENSION, {}),
        (upward.EXTENSION, {"school_code": "31999902", "at": AT}),
        ("khong-co", {}),
    ],
)
def test_sandbox_refuses(city: PortalWorld, name: str, body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        city.client(5).extension(name, body)
