"""What stands around the six transactions: fields, sessions, message ids, times, sizes (CV 2088 II.2)."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding
from portal_world import (
    CODES,
    OTHER_SCHOOL,
    USER,
    PortalWorld,
    envelope,
    error_in,
    log_in,
    officer,
    post,
    recall_item,
    records,
    refusal_of,
    send,
)
from signing_world import LATER, NOW
from werkzeug.test import Client

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.compression import MAX_CONTENT, MAX_TRANSACTION
from hocbaso_app.exchange.errors import PackageError, UnreachableError
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.transactions import Kind, RecordStatus
from hocbaso_app.record.times import write_instant


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


def test_password_with_vietnamese_letters_is_refused_and_does_not_break_the_portal(web: Client) -> None:
    assert web.post(CODES.token_path, json={"user_name": USER, "password": "\ud800"}).status_code == 400, "no text"
    for password in ("mật khẩu", 7, None, ["x"]):
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
