"""``content``: packed wrongly, signed wrongly, signed by the wrong one or at the wrong time."""

from __future__ import annotations

import base64
import gzip
import struct
from datetime import timedelta
from uuid import uuid4

from hocbaso_app.exchange.compression import compress, decompress
from hocbaso_app.exchange.transactions import Kind

from .material import now
from .suite import Bench, check


def _raw(data: bytes, length: int | None = None, tail: bytes = b"") -> str:
    escaped = data.replace(b'"', b'\\"')
    size = struct.pack("<I", len(escaped) if length is None else length)
    return base64.b64encode(size + gzip.compress(escaped, mtime=0) + tail).decode()


def _list(bench: Bench) -> bytes:
    return decompress(bench.material.pack([bench.material.new_record().data]))


def _refused(bench: Bench, content: str, *names: str) -> None:
    for kind in (Kind.SUBMIT, Kind.RECALL):
        message_id = str(uuid4())
        bench.expect(bench.wire.send_list(kind, content, message_id), *names)
        question = Kind.QUERY_SUBMISSION if kind is Kind.SUBMIT else Kind.QUERY_RECALL
        bench.expect(bench.wire.ask(question, message_id), "MESSAGE_UNKNOWN")


@check("package.base64", "Nội dung không phải base64 thì bị từ chối", "CV 2088 Phụ lục 1.2")
def not_base64(bench: Bench) -> None:
    for content in ("không phải base64", "AAAA", "====", "\u0000"):
        _refused(bench, content, "CONTENT_UNREADABLE")


@check("package.gzip", "Nội dung giải nén không được thì bị từ chối", "CV 2088 Phụ lục 1.2")
def not_gzip(bench: Bench) -> None:
    whole = base64.b64decode(_raw(b"<DANH_SACH_HOC_BA/>"))
    for octets in (struct.pack("<I", 4) + b"abcd", whole[:-5], whole[:4] + b"\x1f\x8b" + b"\x00" * 20):
        _refused(bench, base64.b64encode(octets).decode(), "CONTENT_UNREADABLE")


@check("package.length", "Độ dài ghi ở đầu sai thì bị từ chối", "CV 2088 Phụ lục 1.2")
def wrong_length(bench: Bench) -> None:
    data = b"<DANH_SACH_HOC_BA/>"
    for content in (_raw(data, 3), _raw(data, len(data) + 40), _raw(data, 2**32 - 1), _raw(data, tail=b"thua")):
        _refused(bench, content, "CONTENT_UNREADABLE")


@check("package.shape", "Không phải danh sách học bạ, hoặc danh sách rỗng, thì bị từ chối", "CV 2088 II.2.2")
def wrong_shape(bench: Bench) -> None:
    entity = b'<!DOCTYPE x [<!ENTITY e "x">]><DANH_SACH_HOC_BA id="dataDanhSach">&e;</DANH_SACH_HOC_BA>'
    for data in (b"<KHAC></KHAC>", b"", entity, b"\xff\xfe<x/>"):
        _refused(bench, compress(data), "CONTENT_UNREADABLE", "LIST_SIGNATURE_WRONG")


@check("package.unsigned", "Danh sách thiếu chữ ký của đơn vị thì bị từ chối", "CV 2088 II.2.2 (Signature), II.1.6")
def unsigned(bench: Bench) -> None:
    data = _list(bench)
    start, end = data.rindex(b"<Signature"), data.rindex(b"</DANH_SACH_HOC_BA>")
    _refused(bench, compress(data[:start] + data[end:]), "LIST_SIGNATURE_WRONG", "CONTENT_UNREADABLE")


@check("package.altered", "Danh sách bị sửa sau khi ký thì bị từ chối", "CV 2088 II.2.2 (Signature)")
def altered(bench: Bench) -> None:
    data = _list(bench)
    name = b"<HO_VA_TEN>"
    place = data.index(name) + len(name)
    _refused(bench, compress(data[:place] + b"X" + data[place:]), "LIST_SIGNATURE_WRONG")


@check("package.other-key", "Chữ ký danh sách của chứng thư chưa phê duyệt thì bị từ chối", "CV 2088 III.1")
def other_key(bench: Bench) -> None:
    content = bench.material.pack([bench.material.new_record().data], bench.material.stranger)
    _refused(bench, content, "CERTIFICATE_NOT_APPROVED")


@check("package.too-old", "Danh sách ký từ lâu thì bị từ chối", "CV 2088 II.1.6 (thời điểm ký)")
def too_old(bench: Bench) -> None:
    items = [bench.material.new_record().data]
    _refused(bench, bench.material.pack(items, at=now() - timedelta(days=400)), "LIST_TIME_WRONG")


@check("package.future", "Danh sách ký ở tương lai thì bị từ chối", "CV 2088 II.1.6 (thời điểm ký)")
def in_the_future(bench: Bench) -> None:
    items = [bench.material.new_record().data]
    _refused(bench, bench.material.pack(items, at=now() + timedelta(days=2)), "LIST_TIME_WRONG")


@check(
    "package.repeated", "Gửi lại đúng gói tin cũ thì không bị tiếp nhận lần hai", "CV 2088 II.2.2 (messageid), QĐ Đ6"
)
def repeated(bench: Bench) -> None:
    content, message_id = bench.material.pack([bench.material.new_record().data]), str(uuid4())
    bench.expect(bench.wire.send_list(Kind.SUBMIT, content, message_id), "ACCEPTED", "PENDING")
    first = bench.settled(message_id)
    bench.expect(bench.wire.send_list(Kind.SUBMIT, content, message_id), "DUPLICATE", "ACCEPTED")
    bench.require(bench.settled(message_id) == first, "câu trả lời lần hai khác lần đầu")


@check("package.id-reused", "Nội dung khác dưới cùng ID gói tin thì bị từ chối", "CV 2088 II.2.2 (messageid)")
def id_reused(bench: Bench) -> None:
    message_id = str(uuid4())
    first = bench.material.pack([bench.material.new_record().data])
    bench.expect(bench.wire.send_list(Kind.SUBMIT, first, message_id), "ACCEPTED", "PENDING")
    other = bench.material.pack([bench.material.new_record().data])
    bench.expect(bench.wire.send_list(Kind.SUBMIT, other, message_id), "MESSAGE_ID_USED")
    bench.expect(bench.wire.send_list(Kind.RECALL, first, message_id), "MESSAGE_ID_USED")


@check("package.refused-id-free", "ID của gói tin bị từ chối vẫn dùng lại được", "CV 2088 II.2.2 (messageid)")
def refused_id_stays_free(bench: Bench) -> None:
    message_id = str(uuid4())
    bench.expect(bench.wire.send_list(Kind.SUBMIT, "AAAA", message_id), "CONTENT_UNREADABLE")
    content = bench.material.pack([bench.material.new_record().data])
    bench.expect(bench.wire.send_list(Kind.SUBMIT, content, message_id), "ACCEPTED", "PENDING")
