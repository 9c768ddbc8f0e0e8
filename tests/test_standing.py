"""A record against the authority's status list: signatures stay right, the record's force ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from signing_world import LATER, released, world
from test_cli import Outcome, hocbaso

from hocbaso_app.exchange import status_list
from hocbaso_app.exchange.errors import UncertainError
from hocbaso_app.exchange.standing import Force, Standing, standing
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.report import Indication, RecordReport
from hocbaso_app.signing.verify import verify

HOUR = timedelta(hours=1)
CODE = released(1).record.general.record_code
NEW = "0b7c3c56-6a6e-4bb8-9d0e-0c2a4f6d1e11"


def listed(recalled_at: datetime | None, issued_at: datetime = LATER, new: str | None = NEW) -> status_list.StatusList:
    recalled = {CODE: write_instant(recalled_at)} if recalled_at else {}
    replaced = {CODE: new} if recalled_at and new else None
    token = status_list.issue(recalled, world().department, issued_at, replaced)
    return status_list.read(token, world().trust, at=LATER)


def report(data: bytes | None = None) -> RecordReport:
    return verify(data or released(1).data, world().trust, at=LATER).report


def found(of: status_list.StatusList, at: datetime = LATER, data: bytes | None = None) -> Standing:
    return standing(report(data), of, at=at, max_age=24 * HOUR)


def test_a_record_that_is_not_named_is_in_force() -> None:
    got = found(listed(None))
    assert (got.force, got.conclusion, got.recalled_at) == (Force.IN_FORCE, Indication.PASSED, None)
    assert "Chưa bị thu hồi" in got.message_vi


def test_a_recalled_record_keeps_its_signatures_and_loses_its_force() -> None:
    got = found(listed(LATER - HOUR))
    assert report().conclusion is Indication.PASSED and all(
        s.indication is Indication.PASSED for s in report().signatures
    )
    assert (got.force, got.conclusion, got.replaced_by) == (Force.RECALLED, Indication.FAILED, NEW)
    assert "ĐÃ BỊ THU HỒI" in got.message_vi and NEW in got.message_vi and "vẫn nguyên vẹn" in got.message_vi
    assert "chưa có bản thay thế" in found(listed(LATER - HOUR, new=None)).message_vi


def test_an_old_list_knows_recalls_but_not_their_absence() -> None:
    old = LATER - 25 * HOUR
    silent = found(listed(None, old))
    assert (silent.force, silent.conclusion, silent.age_hours) == (Force.UNKNOWN, Indication.INDETERMINATE, 25)
    assert "quá cũ" in silent.message_vi
    assert found(listed(old - HOUR, old)).force is Force.RECALLED
    assert found(listed(None, LATER - 23 * HOUR)).force is Force.IN_FORCE


def test_before_the_recall_it_was_in_force() -> None:
    got = found(listed(LATER - HOUR), at=LATER - 2 * HOUR)
    assert (got.force, got.conclusion) == (Force.IN_FORCE, Indication.PASSED)
    assert "sau đó đã bị thu hồi" in got.message_vi


def test_wrong_signatures_decide_before_the_list() -> None:
    altered = released(1).data.replace(b"<CHIEU_CAO>1", b"<CHIEU_CAO>2", 1)
    assert altered != released(1).data
    assert found(listed(None), data=altered).conclusion is Indication.FAILED
    got = found(listed(LATER - HOUR), data=altered)
    assert got.force is Force.RECALLED and "vẫn nguyên vẹn" not in got.message_vi


def test_lists_of_before_and_of_later_are_read() -> None:
    key, trust, moment = world().department, world().trust, write_instant(LATER)
    before = seal({"issued_at": moment, "recalled": {CODE: moment}}, key, kind=status_list.KIND)
    assert status_list.read(before, trust, at=LATER).replaced == {}
    later = seal({"issued_at": moment, "recalled": {}, "replaced": {}, "note": "x"}, key, kind=status_list.KIND)
    assert status_list.read(later, trust, at=LATER).recalled == {}


@pytest.mark.parametrize(
    "claims",
    [
        {"recalled": {}},
        {"issued_at": "hôm qua", "recalled": {}},
        {"issued_at": "2026-06-01T08:00:00", "recalled": {}},
        {"issued_at": "2026-06-01T08:00:00+07:00", "recalled": {CODE: 5}},
        {"issued_at": "2026-06-01T08:00:00+07:00", "recalled": []},
        {"issued_at": "2026-06-01T08:00:00+07:00", "recalled": {}, "replaced": {CODE: NEW}},
    ],
)
def test_a_list_that_makes_no_sense_is_none(claims: dict[str, object]) -> None:
    token = seal(claims, world().department, kind=status_list.KIND)
    with pytest.raises(UncertainError):
        status_list.read(token, world().trust, at=LATER)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record, a trust folder, a list that recalls the record."""
    world().write_trust(None, tmp_path / "trust")
    (tmp_path / "hoc-ba.xml").write_bytes(released(1).data)
    recalled, key = {CODE: write_instant(LATER - HOUR)}, world().department
    (tmp_path / "list.cose").write_bytes(status_list.issue(recalled, key, LATER, {CODE: NEW}))
    (tmp_path / "empty.cose").write_bytes(status_list.issue({}, key, LATER))
    (tmp_path / "foreign.cose").write_bytes(status_list.issue({}, world().school, LATER))
    return tmp_path


def ask(folder: Path, where: str, *more: str, command: str = "verify", at: datetime = LATER) -> Outcome:
    first = ["verify", folder / "hoc-ba.xml", "--status-list", where]
    words = first if command == "verify" else ["status-list", "show", where]
    return hocbaso(*words, "--trust", folder / "trust", "--at", at.isoformat(), *more)


def test_verify_with_a_list(folder: Path) -> None:
    done = ask(folder, str(folder / "list.cose"))
    assert done.code == 1
    assert "HỢP LỆ" in done.out and "ĐÃ THU HỒI" in done.out and NEW in done.out
    body = json.loads(ask(folder, str(folder / "list.cose"), "--json").out)
    assert (body["exit_code"], body["conclusion"]["valid"], body["standing"]["force"]) == (1, True, "recalled")
    assert ask(folder, str(folder / "empty.cose")).code == 0
    old = ask(folder, str(folder / "empty.cose"), "--max-age-hours", "24", at=LATER + 48 * HOUR)
    assert old.code == 2 and "quá cũ" in old.out
    assert ask(folder, str(folder / "foreign.cose")).code != 0
    assert ask(folder, str(folder / "none.cose")).code == 3


def test_show_a_list(folder: Path) -> None:
    body = json.loads(ask(folder, str(folder / "list.cose"), "--json", command="show").out)
    assert (list(body["recalled"]), body["replaced"], body["too_old"]) == ([CODE], {CODE: NEW}, False)
    assert "1 học bạ đã thu hồi" in ask(folder, str(folder / "list.cose"), command="show").out
    assert ask(folder, str(folder / "list.cose"), command="show", at=LATER + 400 * HOUR).code == 2


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The list at an address on this machine; anything else is not there."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = self.path == "/danh-sach-trang-thai"
            self.send_response(200 if here else 404)
            self.end_headers()
            self.wfile.write((folder / "list.cose").read_bytes() if here else b"")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_list_is_fetched_when_its_address_is_given(folder: Path) -> None:
    with serving(folder) as address:
        assert ask(folder, f"{address}/danh-sach-trang-thai").code == 1
        assert ask(folder, f"{address}/khac").code == 3
    done = ask(folder, f"{address}/danh-sach-trang-thai")
    assert done.code == 3 and "Không lấy được" in done.err
