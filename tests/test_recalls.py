"""Recalls: only what the school itself has sent, decided record by record by somebody else."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest
from portal_world import (
    OFFICER_TOKEN,
    OTHER_SCHOOL,
    OTHER_TAX,
    OWN_OFFICER_TOKEN,
    PASSWORD,
    USER,
    PortalWorld,
    ask_recall,
    envelope,
    error_in,
    officer,
    post,
    recall_item,
    records,
    refusal_of,
    send,
)
from signing_world import LATER, NOW
from werkzeug.test import Client

from hocbaso_app.exchange import codes, status_list
from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.sandbox.app import Login
from hocbaso_app.exchange.transactions import Kind, RecallStatus, RecordStatus
from hocbaso_app.record.document import build


def test_recall_is_decided_record_by_record(city: PortalWorld, web: Client) -> None:
    first, second = records(2)
    send(city, first, second)
    pair = [d.record.general.record_code for d in (first, second)]
    message_id = ask_recall(city, recall_item(first), recall_item(second))

    def states() -> list[int]:
        return [a.trang_thai for a in city.client(5).query_recall(message_id) or []]

    assert states() == [RecallStatus.PENDING] * 2
    body = {"messageid": message_id}
    assert officer(web, "duyet-thu-hoi", ma_tra_cuu_uuid=pair[0], duyet=True, **body).status_code == 200
    assert states() == [RecallStatus.APPROVED, RecallStatus.PENDING]
    refused = {"ma_tra_cuu_uuid": pair[1], "duyet": False, **body}
    assert officer(web, "duyet-thu-hoi", **refused).json["Error"] == codes.REASON_MISSING
    assert officer(web, "duyet-thu-hoi", ly_do="Học bạ đúng", **refused).status_code == 200
    assert states() == [RecallStatus.APPROVED, RecallStatus.REFUSED]
    assert officer(web, "duyet-thu-hoi", ly_do="Đổi ý", **refused).status_code == 409, "a decision stands"
    assert [city.portal.look_up(c)["status"] for c in pair] == ["recalled", "genuine"]

    sealed = status_list.read(city.client(5).get("/danh-sach-trang-thai"), city.portal.trust, at=LATER)
    assert list(sealed.recalled) == pair[:1]
    (answer,) = send(city, first)
    assert answer.error == codes.RECALLED, "a recalled record cannot come back"
    general = replace(first.record.general, record_code=str(uuid4()), issue_number="2", replaces_code=pair[0])
    (answer,) = send(city, city.world.sign(build(replace(first.record, general=general))))
    assert answer.trang_thai == RecordStatus.APPROVED, answer
    assert city.portal.look_up(pair[0])["replaced_by"] == general.record_code


@pytest.mark.requirement("Y097")
def test_a_recall_list_cannot_hold_an_unsent_record_or_one_of_another_school(city: PortalWorld) -> None:
    sent, unsent = records(2)
    send(city, sent)
    assert refusal_of(lambda: ask_recall(city, recall_item(sent), recall_item(unsent))) == codes.RECALL_UNKNOWN
    assert refusal_of(lambda: ask_recall(city, recall_item(sent, ""))) == codes.REASON_MISSING
    assert not city.portal.store.all("SELECT * FROM recall"), "nothing of a refused list stays"

    neighbour = city.world.ca.organisation("Trường Tiểu học Bạch Đằng", OTHER_TAX)
    city.portal.schools[OTHER_SCHOOL] = ("Trường Tiểu học Bạch Đằng", OTHER_TAX)
    city.app.sessions.add(Login.of("th-bachdang", PASSWORD, OTHER_SCHOOL))
    client = PortalClient(Endpoint(city.address, "th-bachdang", PASSWORD, OTHER_SCHOOL, 2025, (2.0, 5.0)))
    proof = pack([b"<HOC_BA></HOC_BA>"], neighbour, NOW)
    city.portal.decide_certificate(
        client.register_certificate(neighbour, "USB_TOKEN", "VNPT", proof), approve=True, by="can-bo-so"
    )
    foreign = pack([recall_item(sent)], neighbour, NOW)
    assert refusal_of(lambda: client.request_recall(foreign, str(uuid4()))) == codes.RECALL_UNKNOWN
    assert not city.portal.store.all("SELECT * FROM recall")
    submitted = pack([records(2)[1].data], neighbour, NOW)
    client.submit(submitted, message_id := str(uuid4()))
    assert [a.error for a in client.query_submission(message_id) or []] == [codes.OTHER_UNIT]


@pytest.mark.requirement("Y099")
def test_the_requester_cannot_approve_and_notes_are_kept(city: PortalWorld, web: Client) -> None:
    send(city, records(1)[0])
    code = records(1)[0].record.general.record_code
    message_id = ask_recall(city, recall_item(records(1)[0]))
    body = {"messageid": message_id, "ma_tra_cuu_uuid": code, "duyet": True, "ly_do": "Đã đối chiếu giấy khai sinh"}
    own = officer(web, "duyet-thu-hoi", OWN_OFFICER_TOKEN, nguoi_duyet="can-bo-so", **body)
    assert (own.status_code, own.json["Error"]) == (409, codes.OWN_REQUEST), "who decides is whose token it is"
    assert city.portal.look_up(code)["status"] == "genuine"
    assert officer(web, "duyet-thu-hoi", **body).status_code == 200
    (row,) = city.portal.store.all("SELECT * FROM recall")
    assert (row["requested_by"], row["decided_by"], row["note"]) == (USER, "can-bo-so", "Đã đối chiếu giấy khai sinh")
    assert row["reason"] == "Sai họ tên học sinh" and row["decided_at"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (b"<HOC_BA><A></HOC_BA>", codes.CONTENT_UNREADABLE),
        (b"<HOC_BA>&e;</HOC_BA>", codes.CONTENT_UNREADABLE),
        (b"<HOC_BA><A/></HOC_BA>", codes.CONTENT_UNREADABLE),
        (b"<HOC_BA><A>\xff</A></HOC_BA>", codes.CONTENT_UNREADABLE),
        (b"<HOC_BA></HOC_BA>", codes.FIELD_WRONG),
    ],
)
def test_malformed_recall_item_is_answered(city: PortalWorld, web: Client, item: bytes, code: str) -> None:
    content = pack([item], city.world.school, NOW)
    answer = post(web, Kind.RECALL, {**envelope(web, Kind.RECALL), "content": content})
    assert (answer.status_code, error_in(answer)) == (200, code)


def test_a_recall_item_has_each_element_once(city: PortalWorld) -> None:
    send(city, records(1)[0])
    item = recall_item(records(1)[0])
    for changed in (
        item.replace(b"<LY_DO>", b"<LY_DO>Khac</LY_DO><LY_DO>"),
        item.replace(b"<LY_DO>", b"<X></X><LY_DO>"),
        item.replace(b"<LY_DO>", b'<LY_DO a="1">'),
        item.replace(b"<LY_DO>", b"<LY_DO><B></B>"),
    ):
        assert refusal_of(lambda changed=changed: ask_recall(city, changed)) == codes.FIELD_WRONG  # type: ignore[misc]
    assert refusal_of(lambda: ask_recall(city, item, item)) == codes.FIELD_WRONG


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("SO_CCCD", "999315000099"),
        ("HO_VA_TEN", "Người Khác"),
        ("NGAY_SINH", "2001-01-01"),
        ("GIOI_TINH", "0"),
        ("MA_TRUONG", OTHER_SCHOOL),
        ("TEN_TRUONG", "Trường khác"),
        ("TEN_NAM_HOC", "2001-2002"),
    ],
)
def test_a_recall_entry_must_match_its_record(city: PortalWorld, field: str, value: str) -> None:
    send(city, records(1)[0])
    item = recall_item(records(1)[0], **{field: value})
    assert refusal_of(lambda: ask_recall(city, item)) == codes.RECALL_MISMATCH
    assert not city.portal.store.all("SELECT * FROM recall")


def test_a_recall_entry_may_be_spelled_as_cv_2088_prints_it(city: PortalWorld) -> None:
    send(city, records(1)[0])
    general = records(1)[0].record.general
    born = "/".join(reversed(general.birth_date.split("-")))
    gender = {"1": "Nam", "2": "Nữ"}[general.gender]
    assert ask_recall(city, recall_item(records(1)[0], NGAY_SINH=born, GIOI_TINH=gender))


def test_the_officer_sees_what_waits_and_nobody_without_his_token(city: PortalWorld, web: Client) -> None:
    own = records(1)[0]
    send(city, own)
    message_id = ask_recall(city, recall_item(own, "Sai điểm Toán"))
    address = "/can-bo/cho-quyet-dinh"
    assert web.get(address, headers={"Authorization": "Bearer khac"}).status_code == 401
    assert web.get("/can-bo").status_code == 200
    headers = {"Authorization": f"Bearer {OFFICER_TOKEN}"}
    (waiting,) = web.get(address, headers=headers).json["thu_hoi"]
    assert (waiting["code"], waiting["reason"]) == (own.record.general.record_code, "Sai điểm Toán")
    answer = officer(web, "duyet-thu-hoi", messageid=message_id, ma_tra_cuu_uuid=waiting["code"], duyet=True)
    assert answer.status_code == 200
    assert web.get(address, headers=headers).json == {"chung_thu": [], "thu_hoi": []}


def test_an_officers_question_reaches_the_school_and_decides_nothing(city: PortalWorld, web: Client) -> None:
    (record,) = records(1)
    send(city, record)
    code, message_id = record.record.general.record_code, ask_recall(city, recall_item(record))
    city.portal.ask_more(message_id, code, by="can-bo-so", question="Gửi ảnh bài kiểm tra.")
    (answer,) = city.client(5).query_recall(message_id) or []
    assert (answer.trang_thai, city.portal.look_up(code)["status"]) == (RecallStatus.PENDING, "genuine")
    assert "Gửi ảnh bài kiểm tra." in answer.error_description
    assert refusal_of(lambda: city.portal.ask_more(message_id, code, by=USER, question="?")) == codes.OWN_REQUEST
    empty = partial(city.portal.ask_more, message_id, code, by="can-bo-so", question=" ")
    assert refusal_of(empty) == codes.REASON_MISSING
    city.portal.decide_recall(message_id, code, approve=True, by="can-bo-so")
    late = partial(city.portal.ask_more, message_id, code, by="can-bo-so", question="?")
    assert refusal_of(late) == codes.NOTHING_TO_DECIDE


def test_after_the_closing_date_no_recall_is_taken(city: PortalWorld) -> None:
    (record,) = records(1)
    send(city, record)
    city.portal.office.recalls_closed = lambda year: f"Năm học {year} đã chốt." if year == "2025-2026" else ""
    with pytest.raises(RefusedError) as caught:
        ask_recall(city, recall_item(record))
    assert caught.value.code == codes.RECALL_CLOSED and "Năm học 2025-2026 đã chốt." in caught.value.message_vi
    city.portal.office.recalls_closed = lambda year: ""
    ask_recall(city, recall_item(record))


def test_the_status_list_names_the_successor(city: PortalWorld) -> None:
    first, other = records(2)
    send(city, first, other)
    code = first.record.general.record_code
    city.portal.decide_recall(ask_recall(city, recall_item(first)), code, approve=True, by="can-bo-so")
    listed = status_list.read(city.portal.status_list(), city.portal.trust, at=LATER)
    assert (set(listed.recalled), listed.replaced) == ({code}, {})
    general = replace(first.record.general, record_code=str(uuid4()), issue_number="2", replaces_code=code)
    send(city, city.world.sign(build(replace(first.record, general=general))))
    listed = status_list.read(city.portal.status_list(), city.portal.trust, at=LATER)
    assert listed.replaced == {code: general.record_code}
