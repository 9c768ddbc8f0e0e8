"""The receiving half apart from the sandbox: settled later, deadlines, order of issues, extensions, registry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from portal_world import (
    OTHER_SCHOOL,
    PortalWorld,
    ask_recall,
    envelope,
    error_in,
    log_in,
    portal_world,
    post,
    recall_item,
    records,
    refusal_of,
    send,
)
from sample_records import SCHOOL
from signing_world import LATER, NOW
from werkzeug.test import Client

from hocbaso_app.exchange import codes, receipts
from hocbaso_app.exchange.outbox import State
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.receiving.portal import Portal as ReceivingPortal
from hocbaso_app.exchange.transactions import Kind, RecordStatus
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing import cose
from hocbaso_app.signing.verify import verify


def later_portal(city: PortalWorld) -> ReceivingPortal:
    """Over the same books, but settling only when it is told to."""
    return ReceivingPortal(city.portal.office)


def taken(city: PortalWorld, *documents: Document) -> str:
    message_id = str(uuid4())
    content = pack([d.data for d in documents], city.world.school, NOW)
    later_portal(city).submit(SCHOOL, message_id, content)
    return message_id


def answers(city: PortalWorld, message_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.portal.query_submission(SCHOOL, message_id)["danh_sach"]
    return found


def test_until_it_is_settled_every_file_is_pending(city: PortalWorld) -> None:
    first, second = records(2)
    message_id = taken(city, first, second)
    said = answers(city, message_id)
    assert [a["trang_thai"] for a in said] == [RecordStatus.PENDING] * 2
    assert [a["sha256"] for a in said] == [first.sha256, second.sha256]
    assert not any(a["ma_tra_cuu_uuid"] or a["ten_hoc_sinh"] or a["bien_nhan"] for a in said)
    assert not city.portal.store.all("SELECT * FROM record")
    assert later_portal(city).settle(message_id)
    assert [a["trang_thai"] for a in answers(city, message_id)] == [RecordStatus.APPROVED] * 2
    assert not later_portal(city).settle(message_id), "once and for all"
    assert city.portal.store.all("SELECT content FROM message") == [{"content": ""}]


def test_the_school_waits_for_a_portal_that_settles_later(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox(list(records(2)))
    worker = city.dispatcher(box, city.client(5))
    monkeypatch.setattr(city.portal, "submit", later_portal(city).submit)
    worker.run_once()
    assert {row.state for row in box.rows()} == {State.SENT}
    for row in city.portal.store.all("SELECT message_id FROM message"):
        city.portal.settle(row["message_id"])
    assert worker.drain(10) == 0
    assert {row.state for row in box.rows()} == {State.ACKNOWLEDGED}


def test_a_settling_that_breaks_off_leaves_nothing(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = taken(city, *records(3))

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    monkeypatch.setattr(city.portal.books, "settle", die)
    with pytest.raises(Killed):
        city.portal.settle(message_id)
    assert not city.portal.store.all("SELECT * FROM record")
    assert {a["trang_thai"] for a in answers(city, message_id)} == {RecordStatus.PENDING}
    monkeypatch.undo()
    assert city.portal.settle(message_id)
    assert len(city.portal.store.all("SELECT * FROM record")) == 3


def test_a_package_larger_than_one_heap_is_answered_in_its_order(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hocbaso_app.exchange.receiving import submission

    monkeypatch.setattr(submission, "AT_ONCE", 2)
    documents = records(5)
    message_id = taken(city, *documents, documents[0])
    city.portal.settle(message_id)
    said = answers(city, message_id)
    assert [a["ma_tra_cuu_uuid"] for a in said] == [d.record.general.record_code for d in (*documents, documents[0])]
    assert [a["error"] for a in said] == [codes.ACCEPTED] * 5 + [codes.DUPLICATE]
    assert said[0]["bien_nhan"] == said[5]["bien_nhan"]


def test_a_file_that_nobody_foresaw_is_an_answer_for_itself(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from hocbaso_app.exchange.receiving import submission

    good, odd = records(2)

    def broken(data: bytes, *more: Any, **options: Any) -> Any:
        if data == odd.data:
            raise ZeroDivisionError
        return verify(data, *more, **options)

    monkeypatch.setattr(submission, "verify", broken)
    message_id = taken(city, odd, good)
    assert city.portal.settle(message_id)
    said = answers(city, message_id)
    assert [a["trang_thai"] for a in said] == [RecordStatus.REFUSED, RecordStatus.APPROVED]
    assert said[0]["sha256"] == odd.sha256 and "INTERNAL" in said[0]["error_description"]


@pytest.mark.parametrize("refuse", [False, True], ids=["marked", "refused"])
@pytest.mark.parametrize("late", [False, True], ids=["on the last second", "a second late"])
def test_the_deadline_counts_from_when_it_was_received(city: PortalWorld, late: bool, refuse: bool) -> None:
    """Settled later or not: what counts is when the message came."""
    office = city.portal.office
    office.refuse_late = refuse
    office.deadline = lambda unit, year: LATER - timedelta(seconds=int(late))
    message_id = taken(city, records(1)[0])
    office.clock = lambda: LATER + timedelta(hours=5)
    city.portal.settle(message_id)
    (answer,) = answers(city, message_id)
    if not late:
        assert (answer["trang_thai"], answer["error"]) == (RecordStatus.APPROVED, codes.ACCEPTED)
        return
    if refuse:
        assert (answer["trang_thai"], answer["error"]) == (RecordStatus.REFUSED, codes.LATE)
        assert not city.portal.store.all("SELECT * FROM record")
        return
    assert (answer["trang_thai"], answer["error"]) == (RecordStatus.APPROVED, codes.ACCEPTED_LATE)
    assert "muộn" in answer["error_description"] and "Hạn nộp" in answer["error_description"]
    assert city.portal.store.all("SELECT late FROM record") == [{"late": 1}]


def test_a_late_acceptance_is_an_acceptance_for_the_school(city: PortalWorld) -> None:
    city.portal.office.deadline = lambda unit, year: LATER - timedelta(days=1)
    box = city.outbox([records(1)[0]])
    assert city.dispatcher(box, city.client(5)).drain(10) == 0
    assert box.rows()[0].state is State.ACKNOWLEDGED
    (again,) = send(city, records(1)[0])
    assert again.error == codes.DUPLICATE, "received once, however late it is asked again"


def test_the_receipt_says_when_it_came_in(city: PortalWorld) -> None:
    message_id = taken(city, records(1)[0])
    city.portal.office.clock = lambda: LATER + timedelta(hours=5)
    city.portal.settle(message_id)
    (row,) = city.portal.store.all("SELECT receipt FROM record")
    assert receipts.read(row["receipt"], city.portal.trust).received_at == write_instant(LATER)


def issue(city: PortalWorld, first: Document, number: int, replaces: str) -> Document:
    general = replace(first.record.general, record_code=str(uuid4()), issue_number=str(number), replaces_code=replaces)
    return city.world.sign(build(replace(first.record, general=general)))


def test_issues_come_in_their_order_or_not_at_all(city: PortalWorld) -> None:
    first = records(1)[0]
    second = issue(city, first, 2, first.record.general.record_code)
    third = issue(city, first, 3, second.record.general.record_code)
    (early,) = send(city, third)
    assert (early.error, "thứ tự" in early.error_description) == (codes.NOT_RECALLED, True)
    (early,) = send(city, second)
    assert early.error == codes.NOT_RECALLED
    send(city, first)
    (early,) = send(city, second)
    assert early.error == codes.NOT_RECALLED and early.ma_da_tiep_nhan == first.record.general.record_code
    recall(city, first)
    assert [a.error for a in send(city, second, second)] == [codes.ACCEPTED, codes.DUPLICATE]
    another = issue(city, first, 2, first.record.general.record_code)
    recall(city, second)
    (twice,) = send(city, another)
    assert twice.error == codes.NOT_RECALLED and second.record.general.record_code in twice.error_description
    assert [a.error for a in send(city, third)] == [codes.ACCEPTED]
    assert city.portal.look_up(second.record.general.record_code)["replaced_by"] == third.record.general.record_code


def recall(city: PortalWorld, document: Document) -> None:
    message_id = ask_recall(city, recall_item(document))
    city.portal.decide_recall(message_id, document.record.general.record_code, approve=True, by="can-bo-so")


def test_a_unit_that_is_closed_sends_nothing_more(city: PortalWorld) -> None:
    first, second = records(2)
    send(city, first)
    del city.portal.schools[SCHOOL]
    assert refusal_of(lambda: send(city, second)) == codes.UNIT_CLOSED
    assert refusal_of(lambda: ask_recall(city, recall_item(first))) == codes.UNIT_CLOSED
    assert city.portal.look_up(first.record.general.record_code)["status"] == "genuine"


def test_an_extension_is_asked_with_the_session_and_answers_json(city: PortalWorld, web: Client) -> None:
    seen: list[tuple[Account, dict[str, Any]]] = []

    def echo(account: Account, body: dict[str, Any]) -> dict[str, Any]:
        seen.append((account, body))
        if body.get("refuse"):
            raise city.portal.office.refusal(codes.FIELD_WRONG, "refuse")
        return {"ma_don_vi": account.unit, "thu": body}

    city.app.extensions["thu"] = echo
    client = city.client(5)
    assert client.extension("thu", {"a": "ă"}) == {"ma_don_vi": SCHOOL, "thu": {"a": "ă"}}
    assert seen[0][0].unit == SCHOOL
    assert refusal_of(lambda: client.extension("thu", {"refuse": 1})) == codes.FIELD_WRONG
    assert refusal_of(lambda: client.extension("khong-co", {})) == codes.FUNCTION_WRONG
    asked = len(seen)
    for headers in ({}, {"Authorization": "Bearer sai"}):
        answer = web.post("/mo-rong/thu", json={}, headers=headers)
        assert (answer.status_code, answer.json["Error"]) == (401, codes.TOKEN_WRONG)
    bearer = {"Authorization": f"Bearer {log_in(web)}"}
    assert web.post("/mo-rong/thu", data=b"khong", headers=bearer).status_code == 400
    assert len(seen) == asked


def test_an_extension_renews_a_session_that_is_over(city: PortalWorld) -> None:
    city.app.extensions["thu"] = lambda account, body: {"thu": 1}
    client = city.client(5)
    client._token = "het-han"
    assert client.extension("thu", {}) == {"thu": 1}


def test_the_registry_is_published_as_it_is_signed(tmp_path: Path, city: PortalWorld) -> None:
    token = city.client(5).get("/so-dang-ky")
    sealed = cose.open_seal(token, kind="registry")
    assert sealed.claims == city.portal.trust.registry.to_claims()
    assert [s["school_code"] for s in sealed.claims["schools"]] == [SCHOOL]
    assert OTHER_SCHOOL not in str(sealed.claims)


def test_an_approval_twice_is_one_entry(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path, registered=False) as city:
        city.register_school()
        city.register_school()
        (school,) = city.portal.trust.registry.schools
        assert len(school.certificates) == 1


@pytest.mark.parametrize("message_id", ["a b", "ă", "x" * 101, "a\n"])
def test_a_message_id_is_short_and_plain(city: PortalWorld, web: Client, message_id: str) -> None:
    content = pack([records(1)[0].data], city.world.school, NOW)
    answer = post(web, Kind.SUBMIT, {**envelope(web, Kind.SUBMIT, messageid=message_id), "content": content})
    assert (answer.status_code, error_in(answer)) == (200, codes.FIELD_WRONG)
    assert not city.portal.store.all("SELECT * FROM message")


def test_a_late_record_that_is_refused_waits_for_people_and_goes_out_again(city: PortalWorld) -> None:
    office = city.portal.office
    office.refuse_late, office.deadline = True, lambda unit, year: LATER - timedelta(days=1)
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5))
    worker.run_once()
    (row,) = box.rows()
    assert (row.state, row.error_code) == (State.NEEDS_ATTENTION, codes.LATE)
    assert "Hạn nộp" in (row.error or "")
    office.deadline = lambda unit, year: LATER + timedelta(days=1)
    assert box.resume(row.key) is State.READY
    assert worker.drain(10) == 0
    assert box.rows()[0].state is State.ACKNOWLEDGED
