"""The sandbox portal: it verifies what it gets, decides per record, and tells strangers nothing personal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from portal_world import OFFICER_TOKEN, PASSWORD, USER, PortalWorld, portal_world, records
from sample_records import SCHOOL
from signing_world import LATER, NOW
from werkzeug.test import Client, TestResponse

from hocbaso_app.exchange import receipts, status_list
from hocbaso_app.exchange.client import PATHS, Endpoint, PortalClient
from hocbaso_app.exchange.errors import RefusedError, UncertainError, UnreachableError
from hocbaso_app.exchange.outbox import State
from hocbaso_app.exchange.package import element, pack
from hocbaso_app.exchange.sandbox.app import Account
from hocbaso_app.exchange.transactions import Kind, RecallItem, RecallStatus, RecordStatus, hash_password
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.errors import HocBaSoError

OTHER_SCHOOL, OTHER_TAX = "31999902", "0209999902"


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
        assert refusal_of(lambda: send(city, document)) == "CHUNG_THU_CHUA_DUYET"
        proof = pack([b"<HOC_BA></HOC_BA>"], city.world.school, NOW)
        message_id = client.register_certificate(city.world.school, "USB_TOKEN", "BAN_CO_YEU", proof)
        assert client.query_certificate(message_id).trang_thai_phe_duyet == 2
        assert refusal_of(lambda: send(city, document)) == "CHUNG_THU_CHUA_DUYET"
        city.portal.decide_certificate(message_id, approve=True)
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
    assert (
        refusal_of(lambda: client.register_certificate(world.school, "USB_TOKEN", "VNPT", by_another))
        == "CHUNG_THU_KHAC"
    )
    stranger = world.ca.organisation("Công ty Khác", "0209999977")
    proof = pack([b"<HOC_BA></HOC_BA>"], stranger, NOW)
    message_id = client.register_certificate(stranger, "USB_TOKEN", "VNPT", proof)
    city.portal.decide_certificate(message_id, approve=True)
    assert client.query_certificate(message_id).trang_thai_phe_duyet == 0, "other tax code: not approved even if asked"


def test_a_package_signed_by_somebody_else_is_refused(city: PortalWorld) -> None:
    content = pack([records(1)[0].data], city.world.principal, NOW)
    assert refusal_of(lambda: city.client(5).submit(content, str(uuid4()))) == "CHUNG_THU_CHUA_DUYET"
    assert refusal_of(lambda: city.client(5).submit("AAAA", str(uuid4()))) == "PACKAGE_DAMAGED"
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
    assert (answer.trang_thai, answer.error) == (RecordStatus.REFUSED, "TRUNG_HOC_SINH")
    assert answer.ma_da_tiep_nhan == first.record.general.record_code


@pytest.mark.parametrize("change", [{"password": "sai"}, {"user_name": "khac"}, {"unit_code": OTHER_SCHOOL}])
def test_wrong_account_gets_nowhere(city: PortalWorld, change: dict[str, str]) -> None:
    client = city.client(5, **change)
    with pytest.raises(UnreachableError):
        client.submit(pack([records(1)[0].data], city.world.school, NOW), str(uuid4()))
    assert not city.portal.store.all("SELECT * FROM message")


def test_a_unit_cannot_ask_about_anothers_message(city: PortalWorld) -> None:
    send(city, records(1)[0])
    (message,) = city.portal.store.all("SELECT message_id FROM message")
    assert city.portal.query_submission(OTHER_SCHOOL, message["message_id"])["Error"] == "CHUA_NHAN"
    assert city.client(5).query_submission(str(uuid4())) is None


def test_recall_is_decided_record_by_record(city: PortalWorld, web: Client) -> None:
    first, second = records(2)
    send(city, first, second)
    codes = [d.record.general.record_code for d in (first, second)]
    message_id = ask_recall(city, recall_item(first), recall_item(second))

    def states() -> list[int]:
        return [a.trang_thai for a in city.client(5).query_recall(message_id) or []]

    assert states() == [RecallStatus.PENDING] * 2
    body = {"messageid": message_id, "nguoi_duyet": "can-bo-so"}
    assert officer(web, "duyet-thu-hoi", ma_tra_cuu_uuid=codes[0], duyet=True, **body).status_code == 200
    assert states() == [RecallStatus.APPROVED, RecallStatus.PENDING]
    refused = {"ma_tra_cuu_uuid": codes[1], "duyet": False, **body}
    assert officer(web, "duyet-thu-hoi", **refused).json["Error"] == "THIEU_LI_DO"
    assert officer(web, "duyet-thu-hoi", ly_do="Học bạ đúng", **refused).status_code == 200
    assert states() == [RecallStatus.APPROVED, RecallStatus.REFUSED]
    assert officer(web, "duyet-thu-hoi", ly_do="Đổi ý", **refused).status_code == 409, "a decision stands"
    assert [city.portal.look_up(c)["status"] for c in codes] == ["recalled", "genuine"]

    sealed = status_list.read(city.client(5).get("/danh-sach-trang-thai"), city.portal.trust, at=LATER)
    assert list(sealed.recalled) == codes[:1]
    (answer,) = send(city, first)
    assert answer.error == "TRUNG_MA", "a recalled record cannot come back"
    general = replace(first.record.general, record_code=str(uuid4()), issue_number="2", replaces_code=codes[0])
    (answer,) = send(city, city.world.sign(build(replace(first.record, general=general))))
    assert answer.trang_thai == RecordStatus.APPROVED, answer
    assert city.portal.look_up(codes[0])["replaced_by"] == general.record_code


@pytest.mark.requirement("Y097")
def test_a_recall_list_cannot_hold_an_unsent_record_or_one_of_another_school(city: PortalWorld) -> None:
    sent, unsent = records(2)
    send(city, sent)
    assert refusal_of(lambda: ask_recall(city, recall_item(sent), recall_item(unsent))) == "KHONG_THU_HOI_DUOC"
    assert refusal_of(lambda: ask_recall(city, recall_item(sent, ""))) == "KHONG_THU_HOI_DUOC"
    assert not city.portal.store.all("SELECT * FROM recall"), "nothing of a refused list stays"

    neighbour = city.world.ca.organisation("Trường Tiểu học Bạch Đằng", OTHER_TAX)
    city.portal._schools[OTHER_SCHOOL] = ("Trường Tiểu học Bạch Đằng", OTHER_TAX)
    city.app._accounts["th-bachdang"] = Account.of("th-bachdang", PASSWORD, OTHER_SCHOOL)
    client = PortalClient(Endpoint(city.address, "th-bachdang", PASSWORD, OTHER_SCHOOL, 2025, (2.0, 5.0)))
    proof = pack([b"<HOC_BA></HOC_BA>"], neighbour, NOW)
    city.portal.decide_certificate(client.register_certificate(neighbour, "USB_TOKEN", "VNPT", proof), approve=True)
    foreign = pack([recall_item(sent)], neighbour, NOW)
    assert refusal_of(lambda: client.request_recall(foreign, str(uuid4()))) == "KHONG_THU_HOI_DUOC"
    assert not city.portal.store.all("SELECT * FROM recall")
    submitted = pack([records(2)[1].data], neighbour, NOW)
    client.submit(submitted, message_id := str(uuid4()))
    assert [a.error for a in client.query_submission(message_id) or []] == ["SAI_DON_VI"]


@pytest.mark.requirement("Y099")
def test_the_requester_cannot_approve_and_notes_are_kept(city: PortalWorld, web: Client) -> None:
    send(city, records(1)[0])
    code = records(1)[0].record.general.record_code
    message_id = ask_recall(city, recall_item(records(1)[0]))
    body = {"messageid": message_id, "ma_tra_cuu_uuid": code, "duyet": True, "ly_do": "Đã đối chiếu giấy khai sinh"}
    own = officer(web, "duyet-thu-hoi", nguoi_duyet=USER, **body)
    assert (own.status_code, own.json["Error"]) == (409, "TU_DUYET")
    assert city.portal.look_up(code)["status"] == "genuine"
    assert officer(web, "duyet-thu-hoi", nguoi_duyet="can-bo-so", **body).status_code == 200
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
    receipt = receipts.Receipt("1", "c", "1", "0" * 64, SCHOOL, "2026-05-29T10:00:00+07:00", "")
    own = receipts.issue(receipt, city.world.department)
    assert receipts.read(own, city.portal.trust, at=LATER) == receipt
    listed = status_list.issue({}, city.world.department, LATER)
    for token in (receipts.issue(receipt, city.world.school), own[:-1], own[:-1] + bytes([own[-1] ^ 1]), listed, b""):
        with pytest.raises(UncertainError):
            receipts.read(token, city.portal.trust, at=LATER)
    for token in (status_list.issue({}, city.world.school, LATER), own):
        with pytest.raises(UncertainError):
            status_list.read(token, city.portal.trust, at=LATER)


def authentication(web: Client, message_id: str, kind: Kind) -> dict[str, Any]:
    password = hash_password(PASSWORD)
    token = json.loads(web.post(PATHS["token"], json={"user_name": USER, "password": password}).text)["token"]
    names = ("token", "user_name", "password", "ma_don_vi", "nam_hoc", "messageid", "type", "function")
    values = (token, USER, password, SCHOOL, 2025, message_id, kind.value, kind.value)
    return dict(zip(names, values, strict=True))


def post(web: Client, kind: Kind, message_id: str, **fields: Any) -> TestResponse:
    return web.post(PATHS[kind], json={"authenticationRequest": authentication(web, message_id, kind), **fields})


# Faults found while testing; each is in the report. Strict: whoever mends one takes its mark away.


@pytest.mark.xfail(strict=True, reason="PackageError is not caught in register_certificate: the portal breaks off")
def test_damaged_proof_of_possession_is_answered(city: PortalWorld, web: Client) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = city.world.school.certificate.public_bytes(Encoding.PEM).decode()
    answer = post(web, Kind.REGISTER_CERTIFICATE, "m", chung_thu=pem, content="AAAA")
    assert answer.status_code == 200 and answer.json["Error"] != "0"


@pytest.mark.xfail(strict=True, reason="request_recall parses items without catching XML errors")
def test_malformed_recall_item_is_answered(city: PortalWorld, web: Client) -> None:
    content = pack([b"<HOC_BA><A></HOC_BA>"], city.world.school, NOW)
    answer = post(web, Kind.RECALL, "m", content=content)
    assert answer.status_code == 200 and answer.json["Error"] != "0"


@pytest.mark.xfail(strict=True, reason="hmac.compare_digest on text raises for anything outside ASCII")
def test_password_with_vietnamese_letters_is_refused_and_does_not_break_the_portal(web: Client) -> None:
    assert web.post(PATHS["token"], json={"user_name": USER, "password": "mật khẩu"}).status_code == 401


@pytest.mark.xfail(strict=True, reason="a message id used again with other content is confirmed and the content lost")
def test_other_content_under_a_used_message_id_is_refused(city: PortalWorld) -> None:
    first, second = records(2)
    city.client(5).submit(pack([first.data], city.world.school, NOW), "m")
    with pytest.raises(RefusedError):
        city.client(5).submit(pack([second.data], city.world.school, NOW), "m")


@pytest.mark.xfail(strict=True, reason="type and function (CV 2088: mandatory) are not looked at")
def test_a_message_of_the_wrong_type_is_refused(city: PortalWorld, web: Client) -> None:
    content = pack([records(1)[0].data], city.world.school, NOW)
    wrong = {**authentication(web, "m", Kind.RECALL), "function": "khong-co"}
    web.post(PATHS[Kind.SUBMIT], json={"authenticationRequest": wrong, "content": content})
    assert not city.portal.store.all("SELECT * FROM record")


@pytest.mark.xfail(strict=True, reason="a recall entry's pupil data is stored without comparing it to the record")
def test_a_recall_entry_must_match_its_record(city: PortalWorld) -> None:
    send(city, records(1)[0])
    with pytest.raises(RefusedError):
        ask_recall(city, recall_item(records(1)[0], SO_CCCD="999315000099", HO_VA_TEN="Người Khác"))


@pytest.mark.xfail(strict=True, reason="requests takes a proxy from the environment even for http to this machine")
def test_plain_http_to_this_machine_never_leaves_through_a_proxy(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert send(city, records(1)[0])[0].trang_thai == RecordStatus.APPROVED


@pytest.mark.xfail(strict=True, reason="the dispatcher settles rows by record code alone, not by code and SHA-256")
def test_two_files_with_one_code_in_one_package_get_their_own_states(city: PortalWorld) -> None:
    good = records(1)[0]
    twin = city.world.sign(good.with_slot("ky-phat-hanh", b""), at=LATER)
    assert twin.sha256 != good.sha256
    box = city.outbox([good, twin])
    city.dispatcher(box, city.client(5), size=2).drain(3)
    held = city.portal.store.one("SELECT sha256 FROM record")
    assert held is not None and held["sha256"] == good.sha256
    assert [row.state for row in box.rows()] == [State.ACKNOWLEDGED, State.REJECTED]


@pytest.mark.xfail(
    strict=True, reason="approved without a receipt counts as acknowledged, though this portal gives them"
)
def test_approval_without_the_receipt_is_not_the_end(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5))
    real = worker.client.query_submission

    def stripped(message_id: str) -> Any:
        return [replace(answer, bien_nhan="") for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", stripped)
    worker.run_once()
    assert box.rows()[0].state is not State.ACKNOWLEDGED
