"""The look-up page's words. It is always in Vietnamese: it is for parents and other schools."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.exchange.extensions import REGISTRY_PATH
from hocbaso_app.exchange.look_up import GENUINE, LOOK_UP_PATH, RECALLED
from hocbaso_app.exchange.recalls import STATUS_LIST_PATH
from hocbaso_app.services.public import uploads
from hocbaso_app.services.public.answers import Answer
from hocbaso_app.services.receiving import settings

GOOD, BAD, UNSURE = "good", "bad", "unsure"
KINDS = {
    uploads.GENUINE: GOOD,
    uploads.RECALLED: BAD,
    uploads.OTHER_FILE: BAD,
    uploads.INVALID: BAD,
}


def words(said: Answer) -> dict[str, Any]:
    """What the template needs: one card at most, and where the public lists are."""
    authority = frappe.db.get_value("HBS Unit", settings.get().unit, "unit_name")
    lists = {"status_list": STATUS_LIST_PATH, "registry": REGISTRY_PATH}
    practice = frappe.db.get_single_value("HBS Settings", "environment") == "practice"
    place = {"authority": authority, "practice": practice, "action": LOOK_UP_PATH}
    return {"card": _card(said), "asked": said.asked, **place, **lists}


def _card(said: Answer) -> dict[str, Any] | None:
    if said.wait:
        minutes = max(1, round(said.wait / 60))
        return {
            "kind": UNSURE,
            "title": "Tra cứu quá nhiều lần",
            "text": f"Để chống dò mã, máy chủ tạm dừng trả lời. Hãy thử lại sau {minutes} phút.",
        }
    if said.report:
        return _of_file(said.report)
    return _of_code(said) if said.found else None


def _of_code(said: Answer) -> dict[str, Any]:
    found = said.found
    assert found is not None
    if found.status == GENUINE:
        rows = [("Tiếp nhận lúc", shown(found.received_at)), ("Lần phát hành", found.issue)]
        return {
            "kind": GOOD,
            "title": "Học bạ số này đang lưu hành",
            "text": "Cơ quan quản lý giáo dục đã tiếp nhận một học bạ số với mã này và chưa thu hồi. "
            "Muốn biết bản bạn cầm có đúng là bản đó không, hãy gửi tệp của nó ở dưới.",
            "facts": rows,
            "details": [("SHA-256 của tệp gốc", found.sha256)],
        }
    if found.status == RECALLED:
        return {
            "kind": BAD,
            "title": "Học bạ số này ĐÃ BỊ THU HỒI",
            "text": "Bản này không còn giá trị. Hãy hỏi nhà trường để nhận bản mới.",
            "facts": [("Thu hồi lúc", shown(found.recalled_at))],
            "successor": found.replaced_by,
        }
    return {
        "kind": UNSURE,
        "title": "Không có học bạ số với mã này",
        "text": "Hãy kiểm tra lại từng chữ của mã, hoặc quét mã QR trên bản in. Nếu vẫn vậy, hãy hỏi nhà trường.",
    }


def _of_file(report: uploads.Report) -> dict[str, Any]:
    facts = list(report.facts)
    if report.received_at:
        facts.append(("Tiếp nhận lúc", shown(report.received_at)))
    if report.recalled_at:
        facts.append(("Thu hồi lúc", shown(report.recalled_at)))
    return {
        "kind": KINDS.get(report.result, UNSURE),
        "title": report.title,
        "text": report.explained,
        "practice": report.practice,
        "facts": facts,
        "reasons": report.reasons,
        "signed": report.signed,
        "details": [("SHA-256 của tệp", report.sha256)] if report.sha256 else [],
        "successor": report.replaced_by,
    }


def shown(moment: str) -> str:
    """A moment of a file as people read it."""
    from hocbaso_app.record.times import VIETNAM, read_instant

    return read_instant(moment).astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y") if moment else ""
