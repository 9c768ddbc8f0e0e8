"""The sandbox portal: it verifies what it gets, decides per record, and tells strangers nothing personal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding
from portal_world import OFFICER_TOKEN, OWN_OFFICER_TOKEN, PASSWORD, USER, PortalWorld, portal_world, records
from sample_records import SCHOOL
from signing_world import LATER, NOW
from werkzeug.test import Client, TestResponse

from hocbaso_app.exchange import codes, receipts, status_list
from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.compression import MAX_CONTENT, MAX_TRANSACTION
from hocbaso_app.exchange.errors import PackageError, RefusedError, UncertainError, UnreachableError
from hocbaso_app.exchange.outbox import State
from hocbaso_app.exchange.package import element, pack
from hocbaso_app.exchange.sandbox.app import Account
from hocbaso_app.exchange.transactions import Kind, RecallItem, RecallStatus, RecordStatus, hash_password
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.times import write_instant

OTHER_SCHOOL, OTHER_TAX = "31999902", "0209999902"
CODES = codes.code_set()
FUNCTIONS = {
    Kind.SUBMIT: "NOP_HOC_BA",
    Kind.QUERY_SUBMISSION: "TRUY_VAN_NOP_HOC_BA",
    Kind.REGISTER_CERTIFICATE: "DANG_KY_CHUNG_THU_SO",
    Kind.QUERY_CERTIFICATE: "TRUY_VAN_CHUNG_THU_SO",
    Kind.RECALL: "THU_HOI_HOC_BA",
    Kind.QUERY_RECALL: "TRUY_VAN_THU_HOI",
}
"""As in the shipped set, which is assumed."""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[PortalWorld]:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path) as world:
        yield world


@pytest.fixture
def web(city: PortalWorld) -> Client:
    return Client(city.app)


def recall_item(document: Document, reason: str = "Sai họ tên học sinh", **changes: str) -> bytes:
    g = document.record.general
    item = RecallItem(
        g.record_code,
        g.full_name,
        g.gender,
        g.birth_date,
        g.citizen_id or "",
        g.school_name,
        g.school_code,
        g.school_year,
        reason,
    )
    fields = {**asdict(item), **changes}
    return f"<HOC_BA>{''.join(element(name, value) for name, value in fields.items())}</HOC_BA>".encode()


def send(city: PortalWorld, *documents: Document, client: PortalClient | None = None) -> list[Any]:
    client, message_id = client or city.client(5), str(uuid4())
    client.submit(pack([d.data for d in documents], city.world.school, NOW), message_id)
    return client.query_submission(message_id) or []


def ask_recall(city: PortalWorld, *items: bytes) -> str:
    message_id = str(uuid4())
    city.client(5).request_recall(pack(items, city.world.school, NOW), message_id)
    return message_id


def officer(web: Client, action: str, token: str = OFFICER_TOKEN, **body: Any) -> TestResponse:
    return web.post(f"/can-bo/{action}", json=body, headers={"Authorization": f"Bearer {token}"})


def refusal_of(action: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        action()
    return caught.value.code


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
    city.portal.office.schools[OTHER_SCHOOL] = ("Trường Tiểu học Bạch Đằng", OTHER_TAX)
    city.app.sessions.add(Account.of("th-bachdang", PASSWORD, OTHER_SCHOOL))
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
    undecided = receipts.issue(replace(receipt, decision=""), city.world.department)
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


def log_in(web: Client) -> str:
    account = {"user_name": USER, "password": hash_password(PASSWORD)}
    token: str = json.loads(web.post(CODES.token_path, json=account).text)["token"]
    return token


def envelope(web: Client, kind: Kind, **changes: Any) -> dict[str, Any]:
    """The parameters of CV 2088 around a transaction, written down here and not taken from the code."""
    flat: dict[str, Any] = {"messageid": "m", "ma_don_vi": SCHOOL, "type": kind.value, "function": FUNCTIONS[kind]}
    if kind is Kind.QUERY_CERTIFICATE:
        flat = {"messageid": "m", "ma_don_vi": SCHOOL, "ma_nam_hoc": 2025}
    if kind not in (Kind.SUBMIT, Kind.RECALL):
        return {**flat, **changes}
    account = {"token": log_in(web), "user_name": USER, "password": hash_password(PASSWORD), "nam_hoc": 2025}
    return {"authenticationRequest": {**account, **flat, **changes}}


def post(web: Client, kind: Kind, body: dict[str, Any], token: str | None = None) -> TestResponse:
    bearer = {"Authorization": f"Bearer {log_in(web) if token is None else token}"}
    return web.post(CODES.paths[kind], json=body, headers=bearer)


def registration(city: PortalWorld, web: Client, **changes: Any) -> dict[str, Any]:
    certificate = city.world.school.certificate
    declared = {
        "serial_number": format(certificate.serial_number, "X"),
        "ngay_hieu_luc": write_instant(certificate.not_valid_before_utc),
        "ma_kieu_chu_ky": "REMOTE_SIGNING",
        "nha_phat_hanh": "BAN_CO_YEU",
        "content": pack([b"<HOC_BA></HOC_BA>"], city.world.school, NOW),
        "chung_thu": certificate.public_bytes(Encoding.PEM).decode(),
    }
    return {**envelope(web, Kind.REGISTER_CERTIFICATE), **declared, **changes}


def test_the_envelope_is_the_one_of_cv_2088(city: PortalWorld, web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client sends and gets has the fields of the tables in II.2, at the places printed there."""
    sent: dict[str, tuple[set[str], set[str], str]] = {}
    real = requests.Session.request

    def spy(self: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        response = real(self, method, url, **more)
        if method == "POST":
            bearer = response.request.headers.get("Authorization", "")
            sent[url.removeprefix(city.address)] = (set(json.loads(more["data"])), set(response.json()), bearer)
        return response

    monkeypatch.setattr(requests.Session, "request", spy)
    client = city.client(5)
    proof = pack([b"<HOC_BA></HOC_BA>"], city.world.school, NOW)
    client.query_certificate(client.register_certificate(city.world.school, "USB_TOKEN", "VNPT", proof))
    send(city, records(1)[0], client=client)
    client.request_recall(pack([recall_item(records(1)[0])], city.world.school, NOW), "r")
    client.query_recall("r")
    query = {"messageid", "ma_don_vi", "type", "function"}
    answer = {"MessageId", "Error", "ErrorDescription", "ResponseCode", "ResponseDescription"}
    own = {"content", "chung_thu"}
    registered = {"serial_number", "ngay_hieu_luc", "ma_kieu_chu_ky", "nha_phat_hanh"} | query | own
    decided = {"messageid", "ma_don_vi", "serial_number", "trang_thai_phe_duyet"}
    texts = {"error", "error_field_title", "error_description"}
    listed = {"MessageId", "Error", "ErrorDescription", "danh_sach"}
    expected = {
        Kind.SUBMIT: ({"authenticationRequest", "content"}, answer),
        Kind.QUERY_SUBMISSION: (query, listed),
        Kind.REGISTER_CERTIFICATE: (registered, {"messageid", "error", "error_filed_title", "error_description"}),
        Kind.QUERY_CERTIFICATE: ({"messageid", "ma_don_vi", "ma_nam_hoc"}, decided | texts),
        Kind.RECALL: ({"authenticationRequest", "content"}, answer),
        Kind.QUERY_RECALL: (query, listed),
    }
    for kind, (asked, answered) in expected.items():
        assert sent[CODES.paths[kind]][:2] == (asked, answered), kind
        assert sent[CODES.paths[kind]][2].startswith("Bearer ")


@pytest.mark.parametrize("kind", list(Kind), ids=lambda k: k.name)
def test_every_mandatory_field_is_asked_for(city: PortalWorld, web: Client, kind: Kind) -> None:
    whole = envelope(web, kind)
    fields = whole.get("authenticationRequest", whole)
    for name in fields:
        for value in (None, "", [], True):
            body = {**fields, name: value}
            wrapped = {"authenticationRequest": body, "content": "AAAA"} if fields is not whole else body
            answer = post(web, kind, wrapped)
            assert (answer.status_code, error_in(answer)) == (200, codes.FIELD_WRONG), (name, value)
    assert not city.portal.store.all("SELECT * FROM message")


def error_in(answer: TestResponse) -> Any:
    return answer.json.get("Error", answer.json.get("error"))


@pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.QUERY_CERTIFICATE], ids=lambda k: k.name)
@pytest.mark.parametrize("change", [{"type": "9"}, {"function": "khong-co"}])
def test_a_message_of_the_wrong_type_is_refused(
    city: PortalWorld, web: Client, kind: Kind, change: dict[str, str]
) -> None:
    content = pack([records(1)[0].data], city.world.school, NOW)
    answer = post(web, kind, {**envelope(web, kind, **change), "content": content})
    assert error_in(answer) == codes.FUNCTION_WRONG
    assert not city.portal.store.all("SELECT * FROM record")


@pytest.mark.parametrize("kind", list(Kind), ids=lambda k: k.name)
def test_without_a_session_or_for_another_unit_nothing_is_answered(web: Client, kind: Kind) -> None:
    other = post(web, kind, {**envelope(web, kind, ma_don_vi=OTHER_SCHOOL), "content": "AAAA"})
    assert (other.status_code, error_in(other)) == (401, codes.ACCOUNT_WRONG)
    for token in ("", "sai", "mã"):
        changes = {"token": token or "?"} if kind in (Kind.SUBMIT, Kind.RECALL) else {}
        strange = post(
            web, kind, {**envelope(web, kind, **changes), "content": "AAAA"}, token.encode().decode("latin1")
        )
        assert (strange.status_code, error_in(strange)) == (401, codes.TOKEN_WRONG)


def test_a_session_ends_and_the_client_logs_in_again(city: PortalWorld, web: Client) -> None:
    city.app.sessions._seconds = 0.2
    client = city.client(5)
    assert send(city, records(1)[0], client=client)[0].trang_thai == RecordStatus.APPROVED
    old = log_in(web)
    time.sleep(0.25)
    assert post(web, Kind.QUERY_SUBMISSION, envelope(web, Kind.QUERY_SUBMISSION), old).status_code == 401
    assert send(city, records(2)[1], client=client)[0].trang_thai == RecordStatus.APPROVED
    assert len(city.portal.store.all("SELECT * FROM message")) == 2


def test_a_portal_that_forgets_every_session_took_nothing(city: PortalWorld) -> None:
    city.app.sessions._seconds = -1
    with pytest.raises(UnreachableError):
        send(city, records(1)[0])


def test_damaged_proof_of_possession_is_answered(city: PortalWorld, web: Client) -> None:
    answer = post(web, Kind.REGISTER_CERTIFICATE, registration(city, web, content="AAAA"))
    assert (answer.status_code, error_in(answer)) == (200, codes.CONTENT_UNREADABLE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chung_thu": "không phải chứng thư"}, codes.CERTIFICATE_INVALID),
        ({"serial_number": "1"}, codes.CERTIFICATE_MISMATCH),
        ({"ngay_hieu_luc": "2020-01-01T00:00:00+07:00"}, codes.CERTIFICATE_MISMATCH),
        ({"ngay_hieu_luc": "2020-01-01"}, codes.CERTIFICATE_MISMATCH),
        ({"ngay_hieu_luc": "hôm nay"}, codes.CERTIFICATE_MISMATCH),
        ({"nha_phat_hanh": ""}, codes.FIELD_WRONG),
    ],
)
def test_what_is_declared_must_be_the_certificate(
    city: PortalWorld, web: Client, change: dict[str, str], code: str
) -> None:
    answer = post(web, Kind.REGISTER_CERTIFICATE, registration(city, web, **change))
    assert error_in(answer) == code
    right = post(web, Kind.REGISTER_CERTIFICATE, registration(city, web))
    assert error_in(right) == codes.ACCEPTED, "a refused message leaves its id free"


def test_a_decision_about_a_certificate_stands_and_has_a_name(city: PortalWorld, web: Client) -> None:
    post(web, Kind.REGISTER_CERTIFICATE, registration(city, web))
    refused = {"messageid": "m", "duyet": False, "ly_do": "Sai đơn vị"}
    assert officer(web, "duyet-chung-thu", **refused).json["Error"] == codes.ACCEPTED
    assert officer(web, "duyet-chung-thu", messageid="m", duyet=True).json["Error"] == codes.NOTHING_TO_DECIDE
    (row,) = city.portal.store.all("SELECT * FROM certificate")
    assert (row["status"], row["decided_by"], row["note"]) == (0, "can-bo-so", "Sai đơn vị")
    answer = city.client(5).query_certificate("m")
    assert (answer.error, answer.trang_thai_phe_duyet) == (codes.CERTIFICATE_REFUSED, 0)
    assert refusal_of(lambda: city.client(5).query_certificate("khac")) == codes.MESSAGE_UNKNOWN
    assert officer(web, "duyet-chung-thu", messageid="m", duyet="có").status_code == 400


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


def test_password_with_vietnamese_letters_is_refused_and_does_not_break_the_portal(web: Client) -> None:
    for password in ("mật khẩu", "\ud800", 7, None, ["x"]):
        answer = web.post(CODES.token_path, json={"user_name": USER, "password": password})
        assert (answer.status_code, error_in(answer)) == (401, codes.ACCOUNT_WRONG)
    assert web.post(CODES.token_path, json={"user_name": [USER], "password": "x"}).status_code == 401


def test_other_content_under_a_used_message_id_is_refused(city: PortalWorld) -> None:
    first, second = records(2)
    content = pack([first.data], city.world.school, NOW)
    client = city.client(5)
    assert client.submit(content, "m").Error == codes.ACCEPTED
    assert client.submit(content, "m").Error == codes.DUPLICATE, "the very same is harmless"
    other = pack([second.data], city.world.school, NOW)
    assert refusal_of(lambda: client.submit(other, "m")) == codes.MESSAGE_ID_USED
    assert refusal_of(lambda: client.request_recall(content, "m")) == codes.MESSAGE_ID_USED, "other kind"
    assert refusal_of(lambda: city.portal.submit(OTHER_SCHOOL, "m", content)) == codes.MESSAGE_ID_USED, "other unit"
    assert len(client.query_submission("m") or []) == 1


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


@pytest.mark.parametrize(
    ("minutes", "accepted"), [(0, True), (4, True), (6, False), (-60 * 23, True), (-60 * 24 - 1, False)]
)
def test_a_list_is_signed_just_before_it_is_sent(city: PortalWorld, minutes: int, accepted: bool) -> None:
    content = pack([records(1)[0].data], city.world.school, LATER + timedelta(minutes=minutes))
    if accepted:
        assert city.client(5).submit(content, "m").Error == codes.ACCEPTED
    else:
        assert refusal_of(lambda: city.client(5).submit(content, "m")) == codes.LIST_TIME_WRONG


def test_the_size_limit_holds_for_the_whole_message(city: PortalWorld, web: Client) -> None:
    """CV 2088 II.2.8: 10 MB for a transaction, not for its content alone."""
    whole = {"user_name": USER, "password": ""}
    for size, status in ((10_000_000, 401), (10_000_001, 413)):
        whole["password"] = ""
        whole["password"] = "x" * (size - len(json.dumps(whole)))
        answer = web.post(CODES.token_path, data=json.dumps(whole), content_type="application/json")
        assert answer.status_code == status
    body = {"content": "x" * 10_000_000}
    answer = web.post(CODES.paths[Kind.SUBMIT], data=json.dumps(body), content_type="application/json")
    assert (answer.status_code, error_in(answer)) == (413, codes.TOO_LARGE)
    with pytest.raises(PackageError) as caught:
        city.client(5).submit("A" * (MAX_TRANSACTION - 100), "m")
    assert caught.value.code == "PACKAGE_TOO_LARGE"
    assert refusal_of(lambda: city.client(5).submit("A" * MAX_CONTENT, "m")) == codes.CONTENT_UNREADABLE


def test_plain_http_to_this_machine_never_leaves_through_a_proxy(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert send(city, records(1)[0])[0].trang_thai == RecordStatus.APPROVED


@pytest.mark.parametrize("digests", [True, False], ids=["by digest", "by place"])
def test_two_files_with_one_code_in_one_package_get_their_own_states(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch, digests: bool
) -> None:
    good = records(1)[0]
    twin = city.world.sign(good.with_slot("ky-phat-hanh", b""), at=LATER)
    assert twin.sha256 != good.sha256
    box = city.outbox([good, twin])
    worker = city.dispatcher(box, city.client(5), size=2)
    real = worker.client.query_submission

    def plain(message_id: str) -> Any:
        return [replace(answer, sha256="") for answer in real(message_id) or []]

    if not digests:
        monkeypatch.setattr(worker.client, "query_submission", plain)
    assert worker.drain(3) == 0
    held = city.portal.store.one("SELECT sha256 FROM record")
    assert held is not None and held["sha256"] == good.sha256
    assert [row.state for row in box.rows()] == [State.ACKNOWLEDGED, State.REJECTED]


def test_approval_without_the_receipt_is_not_the_end(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5))
    worker.back_off = replace(worker.back_off, attempts=3)
    real = worker.client.query_submission

    def stripped(message_id: str) -> Any:
        return [replace(answer, bien_nhan="") for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", stripped)
    worker.run_once()
    assert box.rows()[0].state is State.SENT
    assert worker.drain(5) == 1
    (row,) = box.rows()
    assert row.state is State.NEEDS_ATTENTION and row.message_id and "receipt" in (row.error or "")
    monkeypatch.undo()
    assert box.resume(row.key) is State.UNCERTAIN
    assert worker.drain(5) == 0
    assert box.rows()[0].receipt is not None


def test_where_no_receipts_are_given_an_approval_is_enough(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5, receipts=False))
    real = worker.client.query_submission

    def stripped(message_id: str) -> Any:
        return [replace(answer, bien_nhan="") for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", stripped)
    assert worker.drain(5) == 0
    assert (box.rows()[0].state, box.rows()[0].receipt) == (State.ACKNOWLEDGED, None)


def test_the_receipt_of_another_file_does_not_count(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = records(2)
    (foreign,) = send(city, second)
    box = city.outbox([first])
    worker = city.dispatcher(box, city.client(5))
    real = worker.client.query_submission

    def swapped(message_id: str) -> Any:
        return [replace(answer, bien_nhan=foreign.bien_nhan) for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", swapped)
    worker.run_once()
    assert box.rows()[0].state is State.SENT
