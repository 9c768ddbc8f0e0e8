"""Transactions 5 and 6: asking a record back, the decision, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from hocbaso_app.exchange.recalls import entry_of, recall_item
from hocbaso_app.exchange.transactions import Kind
from hocbaso_app.record.document import Document

from .suite import Bench, Skipped, check


def _item(document: Document, reason: str = "Kiểm thử thu hồi", **changes: str) -> bytes:
    return entry_of(replace(recall_item(document, reason), **changes))


def _ask(bench: Bench, *items: bytes) -> str:
    message_id = str(uuid4())
    bench.expect(bench.wire.send_list(Kind.RECALL, bench.material.pack(items), message_id), "ACCEPTED", "PENDING")
    return message_id


def _status(bench: Bench, message_id: str) -> list[int]:
    return [a["trang_thai"] for a in bench.answers(Kind.QUERY_RECALL, message_id)]


def _request(bench: Bench) -> str:
    found: str = bench.once("recall", lambda: _ask(bench, _item(bench.received)))
    return found


def _approved(bench: Bench) -> str:
    def decide() -> str:
        message_id = _request(bench)
        code = bench.received.record.general.record_code
        if not bench.officer.decide_recall(message_id, code, approve=True):
            raise Skipped("không có cán bộ để quyết định")
        return message_id

    found: str = bench.once("approved", decide)
    return found


@check("recall.unknown", "Không thu hồi được học bạ mà cổng không giữ của đơn vị", "CV 2088 II.2.6; QĐ Đ12.k3")
def unknown(bench: Bench) -> None:
    content = bench.material.pack([_item(bench.material.new_record())])
    bench.expect(bench.wire.send_list(Kind.RECALL, content), "RECALL_UNKNOWN")
    content = bench.material.pack([_item(bench.received, MA_TRA_CUU_UUID=str(uuid4()))])
    bench.expect(bench.wire.send_list(Kind.RECALL, content), "RECALL_UNKNOWN")


@check("recall.mismatch", "Thông tin học sinh không khớp thì bị từ chối", "CV 2088 II.2.6")
def mismatch(bench: Bench) -> None:
    for name, value in (("HO_VA_TEN", "Người Khác"), ("NGAY_SINH", "01/01/2001"), ("MA_TRUONG", "00000000")):
        content = bench.material.pack([_item(bench.received, **{name: value})])
        bench.expect(bench.wire.send_list(Kind.RECALL, content), "RECALL_MISMATCH", "RECALL_UNKNOWN")


@check("recall.shape", "Mục thu hồi thiếu thẻ hoặc không phải XML thì bị từ chối", "CV 2088 II.2.6")
def shape(bench: Bench) -> None:
    for item in (b"<HOC_BA><HO_VA_TEN>A</HO_VA_TEN></HOC_BA>", b"<HOC_BA><A></HOC_BA>", b"<HOC_BA></HOC_BA>"):
        reply = bench.wire.send_list(Kind.RECALL, bench.material.pack([item]))
        bench.expect(reply, "FIELD_WRONG", "CONTENT_UNREADABLE")


@check("recall.reason", "Thu hồi phải nêu lí do", "QĐ Đ12.k3", extension=True)
def reason(bench: Bench) -> None:
    content = bench.material.pack([_item(bench.received, reason=" ")])
    bench.expect(bench.wire.send_list(Kind.RECALL, content), "REASON_MISSING", "FIELD_WRONG")


@check("recall.all-or-nothing", "Một mục sai thì cả yêu cầu không được nhận", "CV 2088 II.2.6")
def all_or_nothing(bench: Bench) -> None:
    message_id = str(uuid4())
    content = bench.material.pack([_item(bench.received), _item(bench.material.new_record())])
    bench.expect(bench.wire.send_list(Kind.RECALL, content, message_id), "RECALL_UNKNOWN")
    bench.expect(bench.wire.ask(Kind.QUERY_RECALL, message_id), "MESSAGE_UNKNOWN")


@check("recall.refused", "Yêu cầu bị từ chối thì học bạ vẫn lưu hành", "CV 2088 II.2.7, III.3")
def refused(bench: Bench) -> None:
    message_id = _ask(bench, _item(bench.received, reason="Kiểm thử: sẽ bị từ chối"))
    code = bench.received.record.general.record_code
    if not bench.officer.decide_recall(message_id, code, approve=False, note="Kiểm thử: không đủ minh chứng"):
        bench.once("recall", lambda: message_id)
        raise Skipped("không có cán bộ để quyết định")
    bench.require(_status(bench, message_id) == [3], "đã từ chối mà trạng thái không phải 3")
    (again,) = bench.submit(bench.received)
    bench.require(again["trang_thai"] == 1, "thu hồi bị từ chối mà học bạ không còn lưu hành")


@check("recall.pending", "Yêu cầu thu hồi chờ quyết định; học bạ chưa bị thu hồi", "CV 2088 II.2.7 (1 – Chờ xử lý)")
def pending(bench: Bench) -> None:
    bench.require(_status(bench, _request(bench)) == [1], "chưa ai quyết định mà trạng thái không phải 1")


@check("recall.decided", "Đồng ý thu hồi: trạng thái 2, bản cũ không nộp lại được", "CV 2088 II.2.7, III.3; QĐ Đ12.k3")
def decided(bench: Bench) -> None:
    bench.require(_status(bench, _approved(bench)) == [2], "đã đồng ý mà trạng thái không phải 2")
    (again,) = bench.submit(bench.received)
    bench.require(again["trang_thai"] == 0, "học bạ đã thu hồi vẫn được tiếp nhận")
    bench.expect_code(again["error"], "RECALLED")


@check("recall.twice", "Học bạ đã thu hồi không thu hồi lần nữa", "CV 2088 II.2.6")
def twice(bench: Bench) -> None:
    _approved(bench)
    reply = bench.wire.send_list(Kind.RECALL, bench.material.pack([_item(bench.received)]))
    bench.expect(reply, "RECALLED", "RECALL_UNKNOWN")


@check("recall.replacement", "Sau khi thu hồi, bản thay thế được tiếp nhận", "CV 2088 III.3 (bước 6); QĐ Đ12.k3")
def replacement(bench: Bench) -> None:
    _approved(bench)
    successor = bench.once("successor", lambda: bench.material.replace(bench.received))
    (answer,) = bench.submit(successor)
    bench.require(answer["trang_thai"] == 1, f"bản thay thế bị từ chối: {answer['error_description']}")
