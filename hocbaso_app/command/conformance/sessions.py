"""Logging in, and doing something without having done so."""

from __future__ import annotations

from uuid import uuid4

from hocbaso_app.exchange.transactions import Kind

from .suite import Bench, check


@check("session.log-in", "Đăng nhập đúng thì có mã phiên", "CV 2088 II.2.2 (token)")
def log_in(bench: Bench) -> None:
    bench.require(bool(bench.wire.token), "mã phiên rỗng")


@check("session.wrong-password", "Sai mật khẩu thì bị từ chối", "CV 2088 II.2.2 (password)")
def wrong_password(bench: Bench) -> None:
    reply = bench.expect(bench.wire.log_in(password="sai-mat-khau"), "ACCOUNT_WRONG")
    bench.require("token" not in (reply.body or {}), "vẫn cấp mã phiên")


@check("session.unknown-user", "Tài khoản không có thì bị từ chối như sai mật khẩu", "CV 2088 II.2.2 (user_name)")
def unknown_user(bench: Bench) -> None:
    reply = bench.expect(bench.wire.log_in(user_name=f"khong-co-{uuid4()}"), "ACCOUNT_WRONG")
    other = bench.wire.log_in(password="sai-mat-khau")
    bench.require(
        reply.status == other.status and reply.body == other.body, "câu trả lời cho biết tài khoản có tồn tại"
    )


@check("session.not-json", "Thân yêu cầu không phải JSON thì trả 4xx, không lỗi máy chủ", "CV 2088 II.2.2")
def not_json(bench: Bench) -> None:
    headers = {"Content-Type": "application/json"}
    deep = b'{"a":' * 3000
    half = b'{"user_name": "\\ud83c", "password": "\\ud83c"}'
    for data in (b"", b"{", b"[]", b"\xff\xfe", b'"x"', b"null", deep, b"[" * 100_000, half):
        for path in (bench.wire.codes.token_path, bench.wire.codes.paths[Kind.SUBMIT]):
            reply = bench.wire.send("POST", path, data=data, headers=headers)
            bench.require(400 <= reply.status < 500 or reply.error is not None, f"{data!r}: {reply}")


@check("session.wrong-token", "Mã phiên sai thì bị từ chối", "CV 2088 II.2.2 (token)")
def wrong_token(bench: Bench) -> None:
    content = bench.material.pack([b"<HOC_BA></HOC_BA>"])
    for kind in (Kind.SUBMIT, Kind.RECALL):
        bench.expect(bench.wire.send_list(kind, content, token="sai"), "TOKEN_WRONG")
    for kind in (Kind.QUERY_SUBMISSION, Kind.QUERY_CERTIFICATE, Kind.QUERY_RECALL):
        bench.expect(bench.wire.ask(kind, str(uuid4()), token="sai"), "TOKEN_WRONG")


@check("session.wrong-method", "Chỉ nhận POST", "CV 2088 II.2")
def wrong_method(bench: Bench) -> None:
    reply = bench.wire.send("GET", bench.wire.codes.paths[Kind.SUBMIT])
    bench.require(reply.status in (404, 405) or reply.error is not None, str(reply))
