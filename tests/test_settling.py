"""From the answers of a portal to the states of the outbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from portal_world import (
    OFFICER_TOKEN,
    PASSWORD,
    USER,
    PortalWorld,
    records,
    send,
)
from sample_records import SCHOOL
from signing_world import LATER

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.errors import UncertainError
from hocbaso_app.exchange.matching import match_answers
from hocbaso_app.exchange.outbox import Row, State
from hocbaso_app.exchange.sandbox.app import Login, PortalApp
from hocbaso_app.exchange.sandbox.faults import Faults
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.transactions import Kind, RecordAnswer, RecordStatus
from hocbaso_app.record.document import Document


@pytest.mark.parametrize("digests", [True, False], ids=["by digest", "by place"])
def test_two_files_with_one_code_in_one_package_get_their_own_states(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch, digests: bool
) -> None:
    good = records(1)[0]
    twin = city.world.sign(good.with_slot("ky-phat-hanh", b""), at=LATER)
    assert twin.sha256 != good.sha256
    box = city.outbox([good, twin])
    worker = city.dispatcher(box, city.client(5), size=2)
    real = worker.client.query_submission

    def plain(message_id: str) -> Any:
        return [replace(answer, sha256="") for answer in real(message_id) or []]

    if not digests:
        monkeypatch.setattr(worker.client, "query_submission", plain)
    assert worker.drain(3) == 0
    held = city.portal.store.one("SELECT sha256 FROM record")
    assert held is not None and held["sha256"] == good.sha256
    assert [row.state for row in box.rows()] == [State.ACKNOWLEDGED, State.REJECTED]


def test_approval_without_the_receipt_is_not_the_end(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5))
    worker.back_off = replace(worker.back_off, attempts=3)
    real = worker.client.query_submission

    def stripped(message_id: str) -> Any:
        return [replace(answer, bien_nhan="") for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", stripped)
    worker.run_once()
    assert box.rows()[0].state is State.SENT
    assert worker.drain(5) == 1
    (row,) = box.rows()
    assert row.state is State.NEEDS_ATTENTION and row.message_id and "receipt" in (row.error or "")
    monkeypatch.undo()
    assert box.resume(row.key) is State.UNCERTAIN
    assert worker.drain(5) == 0
    assert box.rows()[0].receipt is not None


def test_where_no_receipts_are_given_an_approval_is_enough(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5, receipts=False))
    real = worker.client.query_submission

    def stripped(message_id: str) -> Any:
        return [replace(answer, bien_nhan="") for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", stripped)
    assert worker.drain(5) == 0
    assert (box.rows()[0].state, box.rows()[0].receipt) == (State.ACKNOWLEDGED, None)


def test_the_receipt_of_another_file_does_not_count(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = records(2)
    (foreign,) = send(city, second)
    box = city.outbox([first])
    worker = city.dispatcher(box, city.client(5))
    real = worker.client.query_submission

    def swapped(message_id: str) -> Any:
        return [replace(answer, bien_nhan=foreign.bien_nhan) for answer in real(message_id) or []]

    monkeypatch.setattr(worker.client, "query_submission", swapped)
    worker.run_once()
    assert box.rows()[0].state is State.SENT


def settled(city: PortalWorld, monkeypatch: pytest.MonkeyPatch, *documents: Document, **said: Any) -> list[State]:
    """States after one round in which the portal says something else about every record."""
    box = city.outbox(list(documents))
    worker = city.dispatcher(box, city.client(5))
    real = worker.client.query_submission
    monkeypatch.setattr(
        worker.client, "query_submission", lambda message_id: [replace(a, **said) for a in real(message_id) or []]
    )
    worker.run_once()
    return [row.state for row in box.rows()]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"trang_thai": 2, "error": codes.PENDING}, State.SENT),
        ({"trang_thai": 0, "error": codes.DUPLICATE}, State.ACKNOWLEDGED),
        ({"trang_thai": 0, "error": codes.RECORD_INVALID}, State.REJECTED),
        ({"trang_thai": 0, "error": "mã lạ"}, State.REJECTED),
        ({"sha256": "0" * 64}, State.SENT),
    ],
    ids=["pending", "already received", "refused", "unknown code", "another file"],
)
def test_each_answer_has_its_state(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], state: State
) -> None:
    assert settled(city, monkeypatch, records(1)[0], **said) == [state]


def test_a_record_that_is_to_be_sent_later_is_ready_again(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(city, monkeypatch, records(1)[0], trang_thai=0, error=codes.CLOSED) == [State.READY]


def test_waiting_for_a_decision_never_calls_a_person(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox([records(1)[0]])
    worker = city.dispatcher(box, city.client(5))
    worker.back_off = replace(worker.back_off, attempts=4)
    answer = RecordAnswer("", "", "", records(1)[0].record.general.record_code, RecordStatus.PENDING.value)
    monkeypatch.setattr(worker.client, "query_submission", lambda _: [answer])
    for _ in range(12):
        worker.run_once()
    assert [row.state for row in box.rows()] == [State.SENT]


ROWS = [
    Row(f"{code}:1:{digest * 64}", code, b"", State.SENT, "m") for code, digest in (("a", "1"), ("a", "2"), ("b", "3"))
]


def said(code: str, status: int, digest: str = "") -> RecordAnswer:
    return RecordAnswer("", "", "", code, status, sha256=digest * 64)


def test_answers_find_their_files() -> None:
    first, second, third = said("a", 1, "1"), said("a", 0, "2"), said("b", 1, "3")
    assert match_answers(ROWS, [third, second, first]) == [first, second, third], "by digest in any order"
    assert match_answers(ROWS, [third]) == [None, None, third]
    plain = [said("a", 1), said("", 0), said("b", 1)]
    assert match_answers(ROWS, plain) == plain, "by place; an unreadable file has no code in its answer"
    assert match_answers(ROWS, [said("b", 1), said("a", 1)]) == [None, None, said("b", 1)], "never guessed"
    assert match_answers(ROWS, [said("b", 1), said("b", 0)]) == [None, None, None]
    assert match_answers(ROWS[2:], [said("b", 1, "9")]) == [None], "a digest that is not ours is another file"
    shuffled = [said("b", 1), said("a", 1), said("a", 0)]
    assert match_answers(ROWS, shuffled)[2] == shuffled[0]


def test_every_code_has_a_meaning_and_two_sentences() -> None:
    shipped = codes.code_set()
    assert shipped.assumed and "Phụ lục 3" in shipped.source
    named = {value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)} - {
        codes.ASSUMED
    }
    assert named == set(shipped.errors)
    for code in shipped.errors.values():
        assert code.message_vi.endswith(".") and code.message_en and code.message_vi != code.message_en
    assert set(shipped.functions) == set(shipped.paths) == {kind.value for kind in Kind}
    assert len(set(shipped.paths.values()) | {shipped.token_path}) == 7
    assert shipped.code("99").disposition is codes.Disposition.ATTENTION


def test_another_portal_has_its_own_paths_and_codes(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(codes.__file__).parent / "profiles" / "cv2088-assumed.json").read_text(encoding="utf-8")
    other = codes.CodeSet.from_json(text.replace("/api/hoc-ba/nop", "/v2/nop").replace("NOP_HOC_BA", "F1"))
    city.portal.office.codes = other
    app = PortalApp(city.portal, [Login.of(USER, PASSWORD, SCHOOL)], OFFICER_TOKEN, Faults())
    with running(app) as address:
        client = city.client(5, address=address, codes=other)
        assert send(city, records(1)[0], client=client)[0].trang_thai == RecordStatus.APPROVED
        with pytest.raises(UncertainError):
            send(city, records(1)[0], client=city.client(5, address=address))


def test_the_bare_list_of_cv_2088_is_read_too(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    client = city.client(5)
    send(city, records(1)[0], client=client)
    (message,) = city.portal.store.all("SELECT message_id FROM message")
    real = client._transport.post
    monkeypatch.setattr(client._transport, "post", lambda *given: real(*given)["danh_sach"])
    (answer,) = client.query_submission(message["message_id"]) or []
    assert answer.trang_thai == RecordStatus.APPROVED
