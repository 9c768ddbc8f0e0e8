"""Transactions 3 and 4: registering a seal certificate and its approval."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.transactions import Kind, Registration
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.keys import KeySource

from .material import now
from .suite import Bench, Skipped, check
from .wire import Reply


def _registration(bench: Bench, key: KeySource, message_id: str, **changes: Any) -> dict[str, Any]:
    certificate = key.certificate
    proof = pack([b"<HOC_BA></HOC_BA>"], key, now())
    asked = Registration(
        message_id,
        Kind.REGISTER_CERTIFICATE.value,
        bench.wire.codes.functions[Kind.REGISTER_CERTIFICATE],
        bench.wire.account.unit,
        format(certificate.serial_number, "x"),
        write_instant(certificate.not_valid_before_utc),
        "USB_TOKEN",
        "BAN_CO_YEU",
        proof,
        certificate.public_bytes(Encoding.PEM).decode(),
    )
    return {name: value for name, value in {**asdict(asked), **changes}.items() if value is not None}


def _register(bench: Bench, key: KeySource, message_id: str = "", **changes: Any) -> Reply:
    body = _registration(bench, key, message_id or str(uuid4()), **changes)
    return bench.wire.post(Kind.REGISTER_CERTIFICATE, body)


def _status(bench: Bench, message_id: str) -> int:
    reply = bench.expect(
        bench.wire.ask(Kind.QUERY_CERTIFICATE, message_id), "ACCEPTED", "PENDING", "CERTIFICATE_REFUSED"
    )
    status = reply.body.get("trang_thai_phe_duyet")
    bench.require(status in (0, 1, 2), f"trang_thai_phe_duyet là {status!r}")
    return int(status)


@check("certificate.wrong-token", "Đăng ký chứng thư phải có mã phiên", "CV 2088 II.2.4")
def wrong_token(bench: Bench) -> None:
    body = _registration(bench, bench.material.stranger, str(uuid4()))
    bench.expect(bench.wire.post(Kind.REGISTER_CERTIFICATE, body, token="sai"), "TOKEN_WRONG")


@check("certificate.missing", "Đăng ký thiếu trường bắt buộc thì bị từ chối", "CV 2088 II.2.4 (Bắt buộc)")
def missing(bench: Bench) -> None:
    for name in ("serial_number", "ngay_hieu_luc", "ma_kieu_chu_ky", "nha_phat_hanh", "content"):
        body = _registration(bench, bench.material.stranger, str(uuid4()))
        del body[name]
        bench.expect(bench.wire.post(Kind.REGISTER_CERTIFICATE, body), "FIELD_WRONG")


@check("certificate.mismatch", "Thông tin khai khác chứng thư thì bị từ chối", "CV 2088 III.1 (kiểm tra, đối sánh)")
def mismatch(bench: Bench) -> None:
    key = bench.material.stranger
    bench.expect(_register(bench, key, serial_number="1"), "CERTIFICATE_MISMATCH")
    bench.expect(_register(bench, key, ngay_hieu_luc="2020-01-01T00:00:00+07:00"), "CERTIFICATE_MISMATCH")
    bench.expect(_register(bench, key, ngay_hieu_luc="hôm qua"), "CERTIFICATE_MISMATCH", "FIELD_WRONG")
    bench.expect(_register(bench, key, chung_thu="không phải PEM"), "CERTIFICATE_INVALID", "FIELD_WRONG")


@check("certificate.possession", "Chỉ người giữ khóa đăng ký được chứng thư", "CV 2088 II.2.4 (content)")
def possession(bench: Bench) -> None:
    proof = bench.material.pack([b"<HOC_BA></HOC_BA>"])
    bench.expect(_register(bench, bench.material.stranger, content=proof), "CERTIFICATE_MISMATCH")


@check(
    "certificate.pending-decided",
    "Đăng ký chờ phê duyệt; bị từ chối thì không dùng được",
    "CV 2088 II.2.4, II.2.5, III.1",
)
def pending_then_refused(bench: Bench) -> None:
    message_id, key = str(uuid4()), bench.material.stranger
    bench.expect(_register(bench, key, message_id), "ACCEPTED", "PENDING")
    bench.require(_status(bench, message_id) != 1, "chứng thư chưa ai phê duyệt đã có hiệu lực")
    content = bench.material.pack([bench.material.new_record().data], key)
    bench.expect(bench.wire.send_list(Kind.SUBMIT, content), "CERTIFICATE_NOT_APPROVED")
    if not bench.officer.decide_certificate(message_id, approve=False, note="Kiểm thử: không phê duyệt"):
        raise Skipped("phần chờ đã đúng; không có cán bộ để từ chối")
    bench.require(_status(bench, message_id) == 0, "đã từ chối mà trạng thái không phải 0")
    bench.expect(bench.wire.send_list(Kind.SUBMIT, content), "CERTIFICATE_NOT_APPROVED")


@check("certificate.own", "Chứng thư của đơn vị được đăng ký và phê duyệt", "CV 2088 II.2.4, II.2.5, III.1")
def own(bench: Bench) -> None:
    message_id = str(uuid4())
    bench.expect(_register(bench, bench.material.seal, message_id), "ACCEPTED", "PENDING", "DUPLICATE")
    bench.officer.decide_certificate(message_id, approve=True)
    if _status(bench, message_id) == 2:
        raise Skipped("chưa có cán bộ phê duyệt; các bước sau cần chứng thư đã phê duyệt trước đó")
    bench.require(_status(bench, message_id) == 1, "chứng thư đúng của đơn vị không được phê duyệt")


@check("certificate.repeated", "Đăng ký lại đúng gói tin cũ là vô hại", "CV 2088 II.2.4 (messageid)")
def repeated(bench: Bench) -> None:
    body = _registration(bench, bench.material.stranger, str(uuid4()))
    bench.expect(bench.wire.post(Kind.REGISTER_CERTIFICATE, body), "ACCEPTED", "PENDING")
    bench.expect(bench.wire.post(Kind.REGISTER_CERTIFICATE, body), "DUPLICATE", "ACCEPTED", "PENDING")
