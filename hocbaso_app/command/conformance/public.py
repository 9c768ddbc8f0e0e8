"""Our extensions: receipts, look-up, status list, registry. A portal without them is not the worse by CV 2088."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.extensions import EXTENSION_PATH, REGISTRY_PATH
from hocbaso_app.exchange.look_up import GENUINE, LOOK_UP_PATH, RECALLED, UNKNOWN
from hocbaso_app.exchange.recalls import STATUS_LIST_PATH
from hocbaso_app.exchange.roots.leaves import EntryLeaf, Leaves
from hocbaso_app.exchange.roots.messages import EXTENSION as DAILY_ROOT
from hocbaso_app.exchange.roots.messages import HAND_IN, INVENTORY, WHOLE
from hocbaso_app.exchange.roots.receipts import KIND as RECEIPT_KIND
from hocbaso_app.exchange.roots.statement import Claims, KeptRoot, make
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.cose import SealError, open_seal

from .suite import Bench, Failed, Skipped, check
from .wire import Reply

_JSON = {"Accept": "application/json"}


def _look_up(bench: Bench, code: str) -> Reply:
    reply = bench.wire.send("GET", f"{LOOK_UP_PATH}/{code}", headers=_JSON)
    if reply.status == 404:
        raise Skipped("cổng không có trang tra cứu")
    if reply.status == 429:
        raise Skipped("cổng đang hạn chế tra cứu từ máy này")
    bench.require(reply.status == 200 and isinstance(reply.body, dict), str(reply))
    return reply


def _sealed(bench: Bench, path: str, kind: str) -> dict[str, object]:
    reply = bench.wire.send("GET", path)
    if reply.status == 404:
        raise Skipped(f"cổng không có {path}")
    bench.require(reply.status == 200, str(reply))
    try:
        return open_seal(reply.content, kind=kind).claims
    except SealError as error:
        raise Failed(error.message_vi) from error


@check("extension.receipt", "Biên nhận có ký cho từng học bạ", "Mở rộng; QĐ Đ6", extension=True)
def receipt(bench: Bench) -> None:
    document = bench.once("for-receipt", bench.material.new_record)
    (answer,) = bench.submit(document)
    if not answer.get("bien_nhan"):
        raise Skipped("cổng không cấp biên nhận")
    try:
        claims = open_seal(base64.b64decode(answer["bien_nhan"], validate=True), kind="receipt").claims
    except (SealError, ValueError) as error:
        raise Failed(f"biên nhận không đọc được: {error}") from error
    wanted = {"record_code": document.record.general.record_code, "sha256": document.sha256, "decision": "approved"}
    bench.require({name: claims.get(name) for name in wanted} == wanted, "biên nhận không đúng với tệp đã gửi")
    (again,) = bench.submit(document)
    bench.require(again.get("bien_nhan") == answer["bien_nhan"], "nộp lại thì biên nhận khác lần đầu")


@check("extension.look-up", "Tra cứu: đang lưu hành, không có; không lộ thông tin cá nhân", "QĐ Đ4.k6", extension=True)
def look_up(bench: Bench) -> None:
    document = bench.once("for-receipt", bench.material.new_record)
    (answer,) = bench.submit(document)
    general = document.record.general
    found = _look_up(bench, general.record_code)
    bench.require(found.body.get("status") == GENUINE, f"trạng thái {found.body.get('status')}")
    bench.require(found.body.get("sha256") in (None, document.sha256), "SHA-256 khác tệp đã gửi")
    text = found.content.decode("utf-8", "replace")
    for secret in (general.full_name, general.pupil_code, general.citizen_id or general.pupil_code, general.birth_date):
        bench.require(secret not in text, "trang tra cứu lộ thông tin cá nhân")
    bench.require(_look_up(bench, str(uuid4())).body == {"status": UNKNOWN}, "mã không có mà không trả lời unknown")
    if answer.get("link_tra_cuu"):
        path = urlsplit(answer["link_tra_cuu"]).path
        bench.require(path == f"{LOOK_UP_PATH}/{general.record_code}", f"đường dẫn tra cứu là {path}")


@check("extension.look-up-recalled", "Tra cứu học bạ đã thu hồi", "QĐ Đ4.k6, Đ12.k3", extension=True)
def look_up_recalled(bench: Bench) -> None:
    code = bench.received.record.general.record_code
    if bench.submit(bench.received)[0]["trang_thai"] == 1:
        raise Skipped("không có học bạ nào đã bị thu hồi")
    bench.require(_look_up(bench, code).body.get("status") == RECALLED, "học bạ đã thu hồi vẫn ghi là lưu hành")


@check(
    "extension.status-list",
    "Danh sách trạng thái có ký, đúng với các lần thu hồi",
    "Mở rộng; QĐ Đ12.k3",
    extension=True,
)
def status_list(bench: Bench) -> None:
    recalled = _sealed(bench, STATUS_LIST_PATH, "status-list").get("recalled")
    bench.require(isinstance(recalled, dict), "danh sách không có mục recalled")
    assert isinstance(recalled, dict)
    code = bench.received.record.general.record_code
    gone = bench.submit(bench.received)[0]["trang_thai"] == 0
    bench.require((code in recalled) == gone, "danh sách không khớp với quyết định thu hồi")


@check("extension.registry", "Danh bạ chứng thư đã phê duyệt có ký", "CV 2088 III.1", extension=True)
def registry(bench: Bench) -> None:
    schools = _sealed(bench, REGISTRY_PATH, "registry").get("schools")
    own = [s for s in schools if s["school_code"] == bench.wire.account.unit] if isinstance(schools, list) else []
    bench.require(len(own) == 1, "đơn vị không có trong danh bạ")


@check("extension.unknown", "Phần mở rộng không có thì bị từ chối, không lỗi máy chủ", "Mở rộng", extension=True)
def unknown_extension(bench: Bench) -> None:
    headers = {"Authorization": f"Bearer {bench.wire.token}"}
    reply = bench.wire.send("POST", f"{EXTENSION_PATH}/khong-co-{uuid4()}", json={}, headers=headers)
    bench.require(400 <= reply.status < 500 or reply.error is not None, str(reply))


@check("extension.guessing", "Dò mã tra cứu bị chặn", "QĐ Đ4.k6", extension=True)
def guessing(bench: Bench) -> None:
    _look_up(bench, str(uuid4()))
    for _ in range(400):
        reply = bench.wire.send("GET", f"{LOOK_UP_PATH}/{uuid4()}", headers=_JSON)
        if reply.status == 429:
            return
        bench.require(reply.status < 500, str(reply))
    raise Failed("400 lần dò mã mà không bị chặn")


@check("extension.daily-root", "Gốc băm trong ngày: nhận một lần, có biên nhận ký, giữ đúng", "Mở rộng", extension=True)
def daily_root(bench: Bench) -> None:
    account, now = bench.wire.account, datetime.now(timezone.utc)
    asked: dict[str, Any] = {"viec": INVENTORY, "ma_don_vi": account.unit, "sau": 0}
    rows: list[dict[str, Any]] = []
    while asked["sau"] is not None:
        page = _daily_root(bench, asked).body
        rows, asked["sau"] = [*rows, *page["danh_sach"]], page["tiep_theo"]
    number, previous = (rows[-1]["so"] + 1, rows[-1]["sha256"]) if rows else (1, "")
    leaves = Leaves(
        entries=(EntryLeaf(int(now.timestamp() * 1000), hashlib.sha256(str(uuid4()).encode()).hexdigest()),)
    )
    last = leaves.entries[0]
    claims = Claims(account.unit, number, write_instant(now), leaves.root(), previous, 0, 1, 0, last.number, last.hash)
    kept = make(claims, leaves, None)
    body = {"viec": HAND_IN, "ma_don_vi": account.unit, **_sent(kept)}
    first, again = (_daily_root(bench, body) for _ in range(2))
    bench.require(first.body.get("bien_nhan") == again.body.get("bien_nhan"), "nộp lại thì biên nhận khác lần đầu")
    try:
        said = open_seal(base64.b64decode(first.body["bien_nhan"], validate=True), kind=RECEIPT_KIND).claims
    except (SealError, ValueError, KeyError) as error:
        raise Failed(f"biên nhận không đọc được: {error}") from error
    bench.require((said.get("unit"), said.get("sha256")) == (account.unit, kept.sha256), "biên nhận không đúng gốc băm")
    asked = {"viec": WHOLE, "ma_don_vi": account.unit, "sha256": kept.sha256}
    bench.require(_daily_root(bench, asked).body.get("ban_ke") == body["ban_ke"], "lấy lại thì khác gốc đã nộp")
    other = make(replace(claims, root="0" * 64), leaves, None)
    refused = _daily_root(bench, {**body, **_sent(other)})
    bench.require(refused.error is not None, "gốc băm không khớp danh sách mà vẫn nhận")


def _sent(kept: KeptRoot) -> dict[str, str]:
    octets = {"ban_ke": kept.statement, "danh_sach": kept.leaves}
    return {name: base64.b64encode(value).decode() for name, value in octets.items()}


def _daily_root(bench: Bench, body: dict[str, Any]) -> Reply:
    headers = {"Authorization": f"Bearer {bench.wire.token}"}
    reply = bench.wire.send("POST", f"{EXTENSION_PATH}/{DAILY_ROOT}", json=body, headers=headers)
    if reply.status == 404 or reply.error == codes.FUNCTION_WRONG:
        raise Skipped("cổng không nhận gốc băm trong ngày")
    bench.require(reply.status == 200 and isinstance(reply.body, dict), str(reply))
    return reply
