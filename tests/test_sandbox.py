"""The sandbox portal: it verifies what it gets, answers per record, and tells strangers nothing personal."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from portal_world import (
    OFFICER_TOKEN,
    OTHER_SCHOOL,
    PASSWORD,
    USER,
    PortalWorld,
    ask_recall,
    officer,
    portal_world,
    recall_item,
    records,
    refusal_of,
    send,
)
from sample_records import SCHOOL
from signing_world import LATER, NOW
from werkzeug.test import Client

from hocbaso_app.exchange import codes, receipts, status_list
from hocbaso_app.exchange.client import Endpoint
from hocbaso_app.exchange.errors import UncertainError
from hocbaso_app.exchange.outbox import State
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.transactions import RecordStatus
from hocbaso_app.record.document import build
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.cose import seal


@pytest.mark.requirement("Y011")
def test_send_get_receipt_and_see_it_in_both_systems(city: PortalWorld) -> None:
    box = city.outbox(list(records(2)))
    assert city.dispatcher(box, city.client(5)).drain(20) == 0
    here = {row.record_code: row for row in box.rows()}
    there = {row["code"]: row for row in city.portal.store.all("SELECT * FROM record")}
    assert set(here) == set(there) == {d.record.general.record_code for d in records(2)}
    for document in records(2):
        code = document.record.general.record_code
        assert here[code].state is State.ACKNOWLEDGED
        assert there[code]["data"] == document.data == here[code].data
        assert there[code]["receipt"] == here[code].receipt is not None
        receipt = receipts.read(here[code].receipt or b"", city.portal.trust, at=LATER)
        assert (receipt.sha256, receipt.school_code) == (document.sha256, SCHOOL)


def test_a_certificate_must_be_registered_and_approved_first(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path, registered=False) as city:
        document, client = records(1)[0], city.client(5)
        assert refusal_of(lambda: send(city, document)) == codes.CERTIFICATE_NOT_APPROVED
        proof = pack([b"<HOC_BA></HOC_BA>"], city.world.school, NOW)
        message_id = client.register_certificate(city.world.school, "USB_TOKEN", "BAN_CO_YEU", proof)
        assert client.query_certificate(message_id).trang_thai_phe_duyet == 2
        assert refusal_of(lambda: send(city, document)) == codes.CERTIFICATE_NOT_APPROVED
        city.portal.decide_certificate(message_id, approve=True, by="can-bo-so")
        assert client.query_certificate(message_id).trang_thai_phe_duyet == 1
        # approved at LATER: the seal on this record was made before that, so the record itself is refused
        (answer,) = send(city, document)
        assert answer.trang_thai == RecordStatus.REFUSED
        resealed = city.world.sign(document.with_slot("ky-phat-hanh", b""), at=LATER)
        (answer,) = send(city, resealed)
        assert answer.trang_thai == RecordStatus.APPROVED, answer


def test_only_the_owner_of_a_key_registers_it_and_only_for_its_own_unit(city: PortalWorld) -> None:
    client, world = city.client(5), city.world
    by_another = pack([b"<HOC_BA></HOC_BA>"], world.principal, NOW)
    refused = refusal_of(lambda: client.register_certificate(world.school, "USB_TOKEN", "VNPT", by_another))
    assert refused == codes.CERTIFICATE_MISMATCH
    stranger = world.ca.organisation("Công ty Khác", "0209999977")
    proof = pack([b"<HOC_BA></HOC_BA>"], stranger, NOW)
    message_id = client.register_certificate(stranger, "USB_TOKEN", "VNPT", proof)
    city.portal.decide_certificate(message_id, approve=True, by="can-bo-so")
    assert client.query_certificate(message_id).trang_thai_phe_duyet == 0, "other tax code: not approved even if asked"


def test_a_package_signed_by_somebody_else_is_refused(city: PortalWorld) -> None:
    content = pack([records(1)[0].data], city.world.principal, NOW)
    assert refusal_of(lambda: city.client(5).submit(content, str(uuid4()))) == codes.CERTIFICATE_NOT_APPROVED
    assert refusal_of(lambda: city.client(5).submit("AAAA", str(uuid4()))) == codes.CONTENT_UNREADABLE
    assert not city.portal.store.all("SELECT * FROM record")


def test_each_record_of_a_package_gets_its_own_answer(city: PortalWorld) -> None:
    good, other, third = records(3)
    altered = other.data.replace("Thành phố Hải Phòng".encode(), "Thành phố Hà Nội".encode())
    unsealed = third.with_slot("ky-phat-hanh", b"")
    message_id, client = str(uuid4()), city.client(5)
    client.submit(pack([good.data, altered, b"<HOC_BA></HOC_BA>", unsealed.data], city.world.school, NOW), message_id)
    answers = client.query_submission(message_id)
    assert answers is not None
    assert [a.trang_thai for a in answers] == [1, 0, 0, 0]
    assert all(a.error and a.error_description for a in answers[1:]) and not any(a.bien_nhan for a in answers[1:])
    assert [r["code"] for r in city.portal.store.all("SELECT code FROM record")] == [good.record.general.record_code]


def test_received_again_gives_the_first_receipt(city: PortalWorld) -> None:
    (first,), (again,) = send(city, records(1)[0]), send(city, records(1)[0])
    assert again.trang_thai == RecordStatus.APPROVED
    assert first.bien_nhan == again.bien_nhan
    assert len(city.portal.store.all("SELECT * FROM record")) == 1


def test_a_second_record_of_the_same_pupil_and_year_is_refused(city: PortalWorld) -> None:
    first = records(1)[0]
    send(city, first)
    general = replace(first.record.general, record_code=str(uuid4()))
    (answer,) = send(city, city.world.sign(build(replace(first.record, general=general))))
    assert (answer.trang_thai, answer.error) == (RecordStatus.REFUSED, codes.NOT_RECALLED)
    assert answer.ma_da_tiep_nhan == first.record.general.record_code


@pytest.mark.parametrize("change", [{"password": "sai"}, {"user_name": "khac"}, {"unit_code": OTHER_SCHOOL}])
def test_wrong_account_gets_nowhere(city: PortalWorld, change: dict[str, str]) -> None:
    client = city.client(5, **change)
    content = pack([records(1)[0].data], city.world.school, NOW)
    assert refusal_of(lambda: client.submit(content, str(uuid4()))) == codes.ACCOUNT_WRONG
    assert not city.portal.store.all("SELECT * FROM message")


def test_a_unit_cannot_ask_about_anothers_message(city: PortalWorld) -> None:
    send(city, records(1)[0])
    (message,) = city.portal.store.all("SELECT message_id FROM message")
    unknown = refusal_of(lambda: city.portal.query_submission(OTHER_SCHOOL, message["message_id"]))
    assert unknown == codes.MESSAGE_UNKNOWN
    assert city.client(5).query_submission(str(uuid4())) is None


@pytest.mark.parametrize("action", ["duyet-chung-thu", "duyet-thu-hoi", "loi"])
@pytest.mark.parametrize("token", ["", "sai", OFFICER_TOKEN[:-1]])
def test_the_officers_desk_needs_its_token(web: Client, action: str, token: str) -> None:
    assert officer(web, action, token).status_code == 401


def test_faults_are_switched_over_http(city: PortalWorld, web: Client) -> None:
    assert officer(web, "loi", ten="500").status_code == 200
    with pytest.raises(UncertainError):
        send(city, records(1)[0])
    assert send(city, records(1)[0])[0].trang_thai == RecordStatus.APPROVED
    assert officer(web, "loi", ten="không có").status_code == 400


def test_the_look_up_page_tells_nothing_personal(city: PortalWorld, web: Client) -> None:
    document = records(1)[0]
    general = document.record.general
    send(city, document)
    pages = []
    for title in ("ĐANG LƯU HÀNH", "ĐÃ BỊ THU HỒI"):
        page = web.get(f"/tra-cuu/{general.record_code}", headers={"Accept": "text/html"})
        assert title in page.text and 'lang="vi"' in page.text
        pages.append(page.text)
        if len(pages) == 1:
            message_id = ask_recall(city, recall_item(document))
            city.portal.decide_recall(message_id, general.record_code, approve=True, by="can-bo-so")
    unknown = web.get(f"/tra-cuu/{uuid4()}", headers={"Accept": "text/html"}).text
    assert "Không có học bạ số với mã này" in unknown
    pages.append(web.get(f"/tra-cuu/{general.record_code}", headers={"Accept": "application/json"}).text)
    personal = [general.full_name, general.citizen_id, general.pupil_code, general.birth_date, general.residence]
    personal += [general.mother_name, general.school_name, general.school_code, general.class_name]
    for value in personal:
        assert value is not None and not any(value in page for page in pages)
    hostile = web.get("/tra-cuu/<script>alert(1)", headers={"Accept": "text/html"})
    assert "<script>" not in hostile.text


@pytest.mark.requirement("Y043")
def test_genuine_recalled_unknown_and_guessing_is_stopped(city: PortalWorld, web: Client) -> None:
    """Link shows genuine/recalled/unknown; guessing 10,000 codes is stopped."""
    document = records(1)[0]
    code = document.record.general.record_code
    (answer,) = send(city, document)
    assert answer.link_tra_cuu == f"{city.address}/tra-cuu/{code}"

    def status(asked: str) -> Any:
        return json.loads(web.get(f"/tra-cuu/{asked}", headers={"Accept": "application/json"}).text)["status"]

    assert [status(code), status(str(uuid4()))] == ["genuine", "unknown"]
    city.portal.decide_recall(ask_recall(city, recall_item(document)), code, approve=True, by="can-bo-so")
    assert status(code) == "recalled"
    answers = [web.get(f"/tra-cuu/{uuid4()}").status_code for _ in range(10_000)]
    assert answers.count(200) <= 60
    assert set(answers[60:]) == {429}


@pytest.mark.parametrize("address", ["http://csdl.haiphong.edu.vn", "http://10.0.0.1", "ftp://localhost", "localhost"])
def test_nothing_goes_over_plain_http(address: str) -> None:
    with pytest.raises(HocBaSoError) as caught:
        Endpoint(address, USER, PASSWORD, SCHOOL, 2025)
    assert caught.value.code == "PLAIN_HTTP"


@pytest.mark.parametrize("address", ["https://csdl.haiphong.edu.vn", "http://127.0.0.1:8080", "http://[::1]:1"])
def test_https_and_this_machine_are_allowed(address: str) -> None:
    assert PASSWORD not in repr(Endpoint(address, USER, PASSWORD, SCHOOL, 2025))


def test_receipts_and_status_lists_of_others_are_refused(city: PortalWorld) -> None:
    receipt = receipts.Receipt("1", "c", "1", "0" * 64, SCHOOL, "2026-05-29T10:00:00+07:00", "", receipts.APPROVED)
    own = receipts.issue(receipt, city.world.department)
    assert receipts.read(own, city.portal.trust, at=LATER) == receipt
    listed = status_list.issue({}, city.world.department, LATER)
    undecided = seal({**asdict(receipt), "decision": ""}, city.world.department, kind=receipts.KIND)
    for token in (
        undecided,
        receipts.issue(receipt, city.world.school),
        own[:-1],
        own[:-1] + bytes([own[-1] ^ 1]),
        listed,
        b"",
    ):
        with pytest.raises(UncertainError):
            receipts.read(token, city.portal.trust, at=LATER)
    for token in (status_list.issue({}, city.world.school, LATER), own):
        with pytest.raises(UncertainError):
            status_list.read(token, city.portal.trust, at=LATER)
