"""``hocbaso receipt``: a receipt is proof for anyone who has the trust folder, with no network and no portal."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from portal_world import PortalWorld, records, send
from signing_world import World
from test_cli import hocbaso

from hocbaso_app.command.receipts import IN_PACKAGE


@pytest.fixture
def files(city: PortalWorld, tmp_path: Path) -> dict[str, Any]:
    """Two received records and the receipt of the first, as they lie on somebody's disk."""
    first, second = records(2)
    answers = send(city, first, second)
    token = base64.b64decode(answers[0].bien_nhan)
    made: dict[str, Any] = {"trust": city.folder / "trust", "code": first.record.general.record_code}
    contents = {"receipt.cose": token, "record.xml": first.data, "other.xml": second.data}
    contents["receipt.txt"] = base64.b64encode(token) + b"\n"
    contents["bien-nhan.json"] = json.dumps({IN_PACKAGE: base64.b64encode(token).decode()}).encode()
    contents["damaged.cose"] = token[:-1] + bytes([token[-1] ^ 1])
    contents["noise.cose"] = b"{]"
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
        made[name] = tmp_path / name
    return made


@pytest.mark.parametrize("name", ["receipt.cose", "receipt.txt", "bien-nhan.json"])
def test_a_right_receipt_in_every_form(files: dict[str, Any], name: str) -> None:
    done = hocbaso("receipt", files[name], "--trust", files["trust"], "--record", files["record.xml"])
    assert done.code == 0, done.out + done.err
    assert "HỢP LỆ" in done.out and files["code"] in done.out and "đúng tệp học bạ" in done.out
    alone = hocbaso("receipt", files[name], "--trust", files["trust"], "--json")
    said = json.loads(alone.out)
    assert (alone.code, said["valid"], said["compared_with_record"]) == (0, True, False)
    assert said["receipt"]["record_code"] == files["code"]


@pytest.mark.parametrize(
    ("receipt", "record", "words"),
    [
        ("damaged.cose", "record.xml", "không phải của cơ quan tiếp nhận"),
        ("noise.cose", None, "không phải của cơ quan tiếp nhận"),
        ("receipt.cose", "other.xml", "của tệp học bạ khác"),
    ],
)
def test_a_wrong_one_is_refused(files: dict[str, Any], receipt: str, record: str | None, words: str) -> None:
    more = ("--record", files[record]) if record else ()
    done = hocbaso("receipt", files[receipt], "--trust", files["trust"], *more)
    assert (done.code, words in done.out) == (1, True), done.out


def test_another_authoritys_trust_does_not_accept_it(files: dict[str, Any], tmp_path: Path) -> None:
    World().write_trust(folder=tmp_path / "other")
    assert hocbaso("receipt", files["receipt.cose"], "--trust", tmp_path / "other").code == 1
