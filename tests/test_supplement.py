"""What a school adds to a recall request: written, read, and refused when it is no such thing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from hocbaso_app.exchange.supplement import (
    MAX_FILE,
    MAX_FILES,
    MAX_TEXT,
    Action,
    CaseState,
    Correction,
    Evidence,
    Step,
    Supplement,
    SupplementError,
    answer,
    read,
    read_answer,
)

CODE = "0b7c3c56-6a6e-4bb8-9d0e-0c2a4f6d1e11"
PDF = b"%PDF-1.7\n\x80\x81"
WHOLE = Supplement(
    "m-1",
    "r-1",
    Action.DETAILS,
    "Nguyễn Thị Hòa",
    "Sai điểm Toán",
    (CODE,),
    (Correction(CODE, "DIEM_KTDK", "mon-01", "Điểm kiểm tra", "7", "8"),),
    (Evidence("bai-kiem-tra.pdf", PDF), Evidence("bien-ban.txt", "Biên bản\r\n".encode())),
)


def body(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(WHOLE.to_body())), **changes}


def test_what_is_written_is_read() -> None:
    assert read(body()) == WHOLE


def test_states_are_written_and_read() -> None:
    states = [CaseState(CODE, Step.MORE_ASKED, "Sở", "2026-06-10", "Gửi bài kiểm tra"), CaseState("x", Step.WAITING)]
    assert list(read_answer(json.loads(json.dumps(answer(states)))).values()) == states
    for wrong in ({}, {"ho_so": 5}, {"ho_so": [{"ma_tra_cuu_uuid": "x", "trang_thai": "?"}]}):
        with pytest.raises(SupplementError):
            read_answer(wrong)


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (PDF, ".pdf"),
        (b"\x89PNG\r\n\x1a\n...", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        ("Biên bản".encode(), ".txt"),
    ],
)
def test_a_file_is_what_its_octets_say(data: bytes, ending: str) -> None:
    assert Evidence("anh.exe", data).ending == ending


@pytest.mark.parametrize("data", [b"", b"MZ\x90\x00", b"PK\x03\x04", b"a\x00b", b"x" * (MAX_FILE + 1)])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(SupplementError):
        Evidence("minh-chung.pdf", data)


@pytest.mark.parametrize(
    "changes",
    [
        {"messageid": None},
        {"hanh_dong": "xoa"},
        {"ma_tra_cuu_uuid": 5},
        {"dinh_chinh": ["x"]},
        {"dinh_chinh": [{"ma_tra_cuu_uuid": CODE}]},
        {"minh_chung": [{"ten": "a.pdf", "sha256": "0" * 64, "noi_dung": base64.b64encode(PDF).decode()}]},
        {"minh_chung": [{"ten": "a.pdf", "sha256": "0" * 64, "noi_dung": "không phải base64"}]},
        {"noi_dung": "x" * (MAX_TEXT + 1)},
        {"hanh_dong": "tra-loi", "noi_dung": " "},
        {"hanh_dong": "rut", "noi_dung": ""},
    ],
    ids=str,
)
def test_what_is_no_supplement_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SupplementError):
        read(body(**changes))
    missing = body()
    del missing["lan_gui"]
    with pytest.raises(SupplementError):
        read(missing)


def test_not_too_many_files() -> None:
    file = Evidence("a.pdf", PDF)
    with pytest.raises(SupplementError):
        replace(WHOLE, evidence=(file,) * (MAX_FILES + 1))
    with pytest.raises(SupplementError):
        replace(WHOLE, evidence=(Evidence("a.pdf", PDF + b"x" * (MAX_FILE - len(PDF))),) * 3)
