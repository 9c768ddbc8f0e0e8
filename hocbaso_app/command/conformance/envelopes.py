"""The parameters around a transaction: each missing, of a wrong type, or somebody else's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hocbaso_app.exchange.transactions import Kind

from .suite import Bench, check

LISTS = (Kind.SUBMIT, Kind.RECALL)
QUESTIONS = (Kind.QUERY_SUBMISSION, Kind.QUERY_RECALL)


def _empty(bench: Bench) -> str:
    return bench.material.pack([b"<HOC_BA></HOC_BA>"])


@check("envelope.missing", "Thiếu trường bắt buộc thì bị từ chối", "CV 2088 II.2.2, II.2.3, II.2.5 (Bắt buộc)")
def missing(bench: Bench) -> None:
    content = _empty(bench)
    for name in ("token", "user_name", "password", "ma_don_vi", "nam_hoc", "messageid", "type", "function"):
        body = bench.wire.list_body(Kind.SUBMIT, content, str(uuid4()))
        del body["authenticationRequest"][name]
        bench.expect(bench.wire.post(Kind.SUBMIT, body), "FIELD_WRONG", "TOKEN_WRONG")
    for name in ("messageid", "ma_don_vi", "type", "function"):
        asked = {**bench.wire.question(Kind.QUERY_SUBMISSION, str(uuid4()))}
        del asked[name]
        bench.expect(bench.wire.post(Kind.QUERY_SUBMISSION, asked), "FIELD_WRONG")
    bench.expect(bench.wire.ask(Kind.QUERY_CERTIFICATE, str(uuid4()), ma_nam_hoc=None), "FIELD_WRONG")


@check("envelope.wrong-type", "Trường sai kiểu thì bị từ chối, không lỗi máy chủ", "CV 2088 II.2.2 (Kiểu dữ liệu)")
def wrong_type(bench: Bench) -> None:
    content = _empty(bench)
    wrong: dict[str, Any] = {
        "nam_hoc": "2025",
        "messageid": 7,
        "ma_don_vi": [1],
        "type": {"a": 1},
        "user_name": True,
    }
    for name, value in wrong.items():
        message_id = value if name == "messageid" else str(uuid4())
        changed = {} if name == "messageid" else {name: value}
        bench.expect(bench.wire.send_list(Kind.SUBMIT, content, message_id, **changed), "FIELD_WRONG")
    body = bench.wire.list_body(Kind.SUBMIT, content, str(uuid4()))
    bench.expect(bench.wire.post(Kind.SUBMIT, {**body, "content": 7}), "FIELD_WRONG")
    bench.expect(bench.wire.post(Kind.SUBMIT, {**body, "authenticationRequest": "x"}), "FIELD_WRONG", "TOKEN_WRONG")


@check("envelope.type-function", "Sai loại gói tin hoặc mã chức năng thì bị từ chối", "CV 2088 II.2.1, II.2.2")
def type_and_function(bench: Bench) -> None:
    content, functions = _empty(bench), bench.wire.codes.functions
    for kind in LISTS:
        other = Kind.RECALL if kind is Kind.SUBMIT else Kind.SUBMIT
        bench.expect(bench.wire.send_list(kind, content, type=other.value), "FUNCTION_WRONG")
        bench.expect(bench.wire.send_list(kind, content, function=functions[other]), "FUNCTION_WRONG")
        both = {"type": other.value, "function": functions[other]}
        bench.expect(bench.wire.send_list(kind, content, **both), "FUNCTION_WRONG")
    for kind in QUESTIONS:
        bench.expect(bench.wire.ask(kind, str(uuid4()), function="KHONG_CO"), "FUNCTION_WRONG")


@check("envelope.other-unit", "Không nộp, hỏi hay thu hồi thay đơn vị khác", "CV 2088 II.2.2 (ma_don_vi), QĐ Đ6, Đ7")
def other_unit(bench: Bench) -> None:
    content = _empty(bench)
    for kind in LISTS:
        bench.expect(bench.wire.send_list(kind, content, ma_don_vi="00000000"), "ACCOUNT_WRONG")
    for kind in (*QUESTIONS, Kind.QUERY_CERTIFICATE):
        bench.expect(bench.wire.ask(kind, str(uuid4()), ma_don_vi="00000000"), "ACCOUNT_WRONG")


@check("envelope.password-again", "Mật khẩu trong giao dịch 1 và 5 cũng được kiểm tra", "CV 2088 II.2.2 (password)")
def password_again(bench: Bench) -> None:
    for kind in LISTS:
        bench.expect(bench.wire.send_list(kind, _empty(bench), password="0" * 64), "ACCOUNT_WRONG")
        bench.expect(bench.wire.send_list(kind, _empty(bench), user_name="khac"), "ACCOUNT_WRONG")


@check(
    "envelope.unknown-message", "Hỏi về gói tin chưa từng gửi thì trả lời là không có", "CV 2088 II.2.3, II.2.5, II.2.7"
)
def unknown_message(bench: Bench) -> None:
    for kind in (*QUESTIONS, Kind.QUERY_CERTIFICATE):
        bench.expect(bench.wire.ask(kind, str(uuid4())), "MESSAGE_UNKNOWN")


@check("envelope.too-large", "Giao dịch trên 10 MB bị từ chối", "CV 2088 II.2.8")
def too_large(bench: Bench) -> None:
    reply = bench.wire.send_list(Kind.SUBMIT, "A" * 10_000_001)
    if reply.status != 413:
        bench.expect(reply, "TOO_LARGE")
