"""Reconciliation over HTTP: inventory, fetching back and proved recalls, answered from the sandbox's books."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from portal_world import OTHER_SCHOOL, PortalWorld, ask_recall, recall_item, records, send
from sample_records import SCHOOL, YEAR
from signing_world import NOW

from hocbaso_app.exchange import codes, receipts, status_list
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.recalls import STATUS_LIST_PATH
from hocbaso_app.exchange.reconciliation.by_message import ask_by_message
from hocbaso_app.exchange.reconciliation.comparison import Place, compare
from hocbaso_app.exchange.reconciliation.inventory import Own, Progress, Status
from hocbaso_app.exchange.reconciliation.messages import (
    FETCH,
    INVENTORY,
    RECALLS,
    ask_back,
    ask_inventory,
    hand_in_recalls,
)
from hocbaso_app.record.document import Document
from hocbaso_app.record.times import read_instant


def own_of(city: PortalWorld, *documents: Document) -> list[Own]:
    """The school's side as its receipts tell it."""
    found = []
    for document in documents:
        g, row = document.record.general, city.portal.office.books.records([document.record.general.record_code])
        number = row[g.record_code].number
        found.append(
            Own(g.record_code, "4A", Progress.RECEIVED, g.pupil_code, g.record_code, "1", document.sha256, number)
        )
    return found


def refused(action: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        action()
    return caught.value.code


def recall(city: PortalWorld, document: Document) -> None:
    message_id = ask_recall(city, recall_item(document))
    city.portal.decide_recall(message_id, document.record.general.record_code, approve=True, by="can-bo-so")


def test_both_sides_are_equal_after_sending(city: PortalWorld) -> None:
    documents = records(3)
    send(city, *documents)
    held = ask_inventory(city.client(5), SCHOOL, YEAR, page=2)
    assert [row.code for row in held] == sorted(d.record.general.record_code for d in documents)
    found = compare(own_of(city, *documents), held)
    assert found.equal
    assert (found.total.should, found.total.sent, found.total.received) == (3, 3, 3)
    assert ask_inventory(city.client(5), SCHOOL, "2019-2020") == []


def test_a_recall_shows_in_the_inventory(city: PortalWorld) -> None:
    (document,) = records(1)
    send(city, document)
    recall(city, document)
    (row,) = ask_inventory(city.client(5), SCHOOL, YEAR)
    assert row.status is Status.RECALLED
    assert read_instant(row.recalled_at)


def test_a_record_comes_back_octet_by_octet_with_its_receipt(city: PortalWorld) -> None:
    (document,) = records(1)
    send(city, document)
    code = document.record.general.record_code
    found = ask_back(city.client(5), SCHOOL, code)
    assert (found.data, found.status) == (document.data, Status.ACTIVE)
    receipt = receipts.read(found.receipt, city.portal.trust)
    assert (receipt.record_code, receipt.sha256) == (code, document.sha256)
    assert refused(lambda: ask_back(city.client(5), SCHOOL, str(uuid4()))) == codes.RECALL_UNKNOWN


def test_a_unit_asks_about_itself_only(city: PortalWorld) -> None:
    (document,) = records(1)
    send(city, document)
    client, code = city.client(5), document.record.general.record_code
    assert refused(lambda: ask_inventory(client, OTHER_SCHOOL, YEAR)) == codes.ACCOUNT_WRONG
    assert refused(lambda: ask_back(client, OTHER_SCHOOL, code)) == codes.ACCOUNT_WRONG
    city.portal.store.run("UPDATE record SET school = ?", OTHER_SCHOOL)
    assert refused(lambda: ask_back(client, SCHOOL, code)) == codes.RECALL_UNKNOWN
    assert ask_inventory(client, SCHOOL, YEAR) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (INVENTORY, {"ma_don_vi": SCHOOL}),
        (INVENTORY, {"ma_don_vi": SCHOOL, "nam_hoc": YEAR, "so_luong": 0}),
        (INVENTORY, {"ma_don_vi": SCHOOL, "nam_hoc": YEAR, "so_luong": "9"}),
        (INVENTORY, {"ma_don_vi": SCHOOL, "nam_hoc": 2025}),
        (FETCH, {"ma_don_vi": SCHOOL}),
        (RECALLS, {"ma_don_vi": SCHOOL, "danh_sach_ma": "x", "bang_chung": ""}),
        (RECALLS, {"ma_don_vi": SCHOOL, "danh_sach_ma": [], "bang_chung": "eA=="}),
        (RECALLS, {"ma_don_vi": SCHOOL, "danh_sach_ma": [], "bang_chung": "?"}),
    ],
    ids=str,
)
def test_a_question_that_lacks_something_is_refused(city: PortalWorld, name: str, body: dict[str, Any]) -> None:
    assert refused(lambda: city.client(5).extension(name, body)) == codes.FIELD_WRONG


def test_recalls_that_the_authority_lost_are_proved_by_its_own_list(city: PortalWorld) -> None:
    first, second, third = records(3)
    send(city, first, second, third)
    recall(city, first)
    client = city.client(5)
    proof = client.get(STATUS_LIST_PATH)
    code, other = first.record.general.record_code, second.record.general.record_code
    moment = status_list.read(proof, city.portal.trust).recalled[code]
    city.portal.store.run("UPDATE record SET recalled_at = NULL")  # as after a restored backup
    for _ in range(2):
        assert hand_in_recalls(client, SCHOOL, [code, other, str(uuid4())], proof) == [code]
    rows = {row.code: row for row in ask_inventory(client, SCHOOL, YEAR)}
    assert rows[code].recalled_at == moment
    assert rows[other].status is Status.ACTIVE


def test_a_list_that_another_sealed_proves_nothing(city: PortalWorld) -> None:
    (document,) = records(1)
    send(city, document)
    code = document.record.general.record_code
    forged = status_list.issue({code: "2026-05-30T08:00:00+07:00"}, city.world.school, city.portal.office.clock())
    assert refused(lambda: hand_in_recalls(city.client(5), SCHOOL, [code], forged)) == codes.FIELD_WRONG
    assert ask_inventory(city.client(5), SCHOOL, YEAR)[0].status is Status.ACTIVE


def test_a_portal_without_our_extensions_is_asked_message_by_message(city: PortalWorld) -> None:
    documents = records(3)
    message_id = str(uuid4())
    city.client(5).submit(pack([d.data for d in documents[:2]], city.world.school, NOW), message_id)
    city.app.extensions.clear()
    assert refused(lambda: ask_inventory(city.client(5), SCHOOL, YEAR)) == codes.FUNCTION_WRONG
    ours = own_of(city, *documents[:2])
    unsent = Own(
        "third", "4A", Progress.RELEASED, "p", documents[2].record.general.record_code, "1", documents[2].sha256
    )
    sent = {message_id: ours, str(uuid4()): [unsent]}
    held = ask_by_message(city.client(5), sent)
    found = compare([*ours, unsent], held)
    assert [e.place for e in found.differences] == [Place.UNSENT]
    assert (found.total.should, found.total.sent, found.total.received) == (3, 2, 2)
    city.portal.store.run("DELETE FROM outcome")
    assert ask_by_message(city.client(5), sent) == []
