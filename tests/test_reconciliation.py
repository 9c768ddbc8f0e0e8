"""Should, sent, received: every record in exactly one place, figures that add up, questions that come back whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hocbaso_app.exchange.errors import UncertainError
from hocbaso_app.exchange.reconciliation import words
from hocbaso_app.exchange.reconciliation.comparison import AGREED, ON_THE_WAY, Figures, Place, compare
from hocbaso_app.exchange.reconciliation.inventory import RELEASED, SENT, Held, Own, Progress, Status
from hocbaso_app.exchange.reconciliation.messages import ask_back, ask_inventory, read_held, write_held

CODES = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(6)]
CLASSES = ("4A", "4B", "5A")


def own(code: str = CODES[0], progress: Progress = Progress.RECEIVED, **more: Any) -> Own:
    values: dict[str, Any] = {"pupil": "p" + code[:8], "issue": "1", "sha256": "a" * 64, "receipt_number": "HP-1"}
    return Own(f"key {code}", "4A", progress, code=code, **{**values, **more})


def held(code: str = CODES[0], **more: Any) -> Held:
    values: dict[str, Any] = {"issue": "1", "sha256": "a" * 64, "pupil": "p" + code[:8], "status": Status.ACTIVE}
    return Held(code, **{**values, "receipt_number": "HP-1", "received_at": "2026-06-01T08:00:00+07:00", **more})


RECALLED = {"status": Status.RECALLED, "recalled_at": "2026-06-02T08:00:00+07:00"}


@pytest.mark.parametrize(
    ("ours", "theirs", "place"),
    [
        (own(), held(), Place.AGREED),
        (own(recalled=True, counts=False), held(**RECALLED), Place.AGREED_RECALLED),
        (own(progress=Progress.WITHDRAWN, counts=False), None, Place.NOWHERE),
        (own(code="", progress=Progress.NOT_BEGUN), None, Place.NOT_BEGUN),
        (own(progress=Progress.UNRELEASED), None, Place.NOT_RELEASED),
        (own(progress=Progress.RELEASED), None, Place.UNSENT),
        (own(progress=Progress.SENT), None, Place.UNANSWERED),
        (own(progress=Progress.REFUSED), None, Place.REFUSED),
        (own(), None, Place.LOST_THERE),
        (own(recalled=True, counts=False), None, Place.LOST_THERE),
        (None, held(), Place.LOST_HERE),
        (None, held(**RECALLED), Place.LOST_HERE),
        (own(progress=Progress.UNRELEASED, sha256="b" * 64), held(), Place.OLDER_HERE),
        (own(sha256="b" * 64), held(), Place.OTHER_BYTES),
        (own(progress=Progress.REFUSED, sha256="b" * 64), held(), Place.OTHER_BYTES),
        (own(progress=Progress.RELEASED, receipt_number=""), held(), Place.RECEIPT_MISSING),
        (own(progress=Progress.SENT, receipt_number=""), held(), Place.UNANSWERED),
        (own(progress=Progress.REFUSED, receipt_number=""), held(), Place.RECEIPT_MISSING),
        (own(receipt_number=""), held(), Place.RECEIPT_MISSING),
        (own(receipt_number="HP-7"), held(), Place.OTHER_RECEIPT),
        (own(receipt_number=""), held(receipt_number=""), Place.AGREED),  # a portal that gives none
        (own(), held(**RECALLED), Place.RECALLED_THERE),
        (own(progress=Progress.RELEASED), held(**RECALLED), Place.RECALLED_THERE),
        (own(recalled=True, counts=False), held(), Place.RECALLED_HERE),
        (own(progress=Progress.WITHDRAWN, counts=False), held(), Place.WITHDRAWN_HELD),
    ],
    ids=lambda value: value.value if isinstance(value, Place) else "",
)
def test_each_pair_has_its_place(ours: Own | None, theirs: Held | None, place: Place) -> None:
    found = compare([ours] if ours else [], [theirs] if theirs else [])
    (entry,) = found.entries
    assert entry.place is place
    assert found.equal is (place in AGREED)
    assert bool(words.sentence(entry)) is bool(words.advice(entry)) is (place not in AGREED)
    assert bool(found.contradictions) is (place not in AGREED | ON_THE_WAY)


def test_what_is_named_somewhere_and_held_nowhere_is_listed() -> None:
    found = compare([own()], [held()], {CODES[0]: "biên nhận HP-1", CODES[5]: "nhật kí, mục 17"})
    (lost,) = found.differences
    assert (lost.place, lost.code) == (Place.NEITHER, CODES[5])
    assert "nhật kí, mục 17" in words.sentence(lost)


def test_a_record_unknown_here_counts_in_its_pupils_class() -> None:
    draft = own(code="", progress=Progress.UNRELEASED, pupil="p1")
    found = compare([draft], [held(CODES[1], pupil="p1"), held(CODES[2], pupil="stranger")])
    assert found.by_class == {"": Figures(received=1), "4A": Figures(should=1, received=1)}


owns = st.builds(
    Own,
    key=st.text(max_size=3),
    class_label=st.sampled_from(CLASSES),
    progress=st.sampled_from(Progress),
    pupil=st.sampled_from(["p1", "p2", "p3", ""]),
    code=st.sampled_from([*CODES, ""]),
    sha256=st.sampled_from(["a" * 64, "b" * 64]),
    receipt_number=st.sampled_from(["", "HP-1", "HP-2"]),
    recalled=st.booleans(),
    counts=st.booleans(),
)
helds = st.builds(
    Held,
    code=st.sampled_from(CODES),
    issue=st.just("1"),
    sha256=st.sampled_from(["a" * 64, "b" * 64]),
    pupil=st.sampled_from(["p1", "p2", "p4"]),
    status=st.sampled_from(Status),
    receipt_number=st.sampled_from(["", "HP-1", "HP-2"]),
    received_at=st.just(""),
)


@given(st.lists(owns), st.lists(helds))
def test_every_row_stands_in_exactly_one_place(ours: list[Own], theirs: list[Held]) -> None:
    found = compare(ours, theirs)
    assert Counter(e.own for e in found.entries if e.own) == Counter(ours)
    assert Counter(e.held for e in found.entries if e.held) == Counter(theirs)
    assert all(bool(e.own or e.held) for e in found.entries)
    known = [e for e in found.entries if e.place is not Place.DUPLICATE]
    codes = [e.code for e in known if e.code]
    assert len(codes) == len(set(codes))
    assert sum(len(found.at(place)) for place in Place) == len(found.entries)


@given(st.lists(owns), st.lists(helds))
def test_figures_add_up(ours: list[Own], theirs: list[Held]) -> None:
    found = compare(ours, theirs)
    rows = [e.own for e in found.entries if e.own and e.place is not Place.DUPLICATE]
    there = [e.held for e in found.entries if e.held and e.place is not Place.DUPLICATE]
    counted = [row for row in rows if row.counts]
    total = found.total
    assert total.should == len(counted)
    assert total.released == sum(row.progress in RELEASED for row in counted)
    assert total.sent == sum(row.progress in SENT for row in counted)
    assert (total.received, total.received + total.recalled) == (
        sum(row.status is Status.ACTIVE for row in there),
        len(there),
    )
    for figures in [total, *found.by_class.values()]:
        assert figures.should >= figures.released >= figures.sent >= 0
    assert found.total == sum(found.by_class.values(), Figures())


@given(st.lists(helds, unique_by=lambda row: row.code), st.sampled_from(CLASSES))
def test_equal_inventories_give_no_difference(theirs: list[Held], label: str) -> None:
    ours = [
        Own(
            f"key {row.code}",
            label,
            Progress.RECEIVED,
            row.pupil,
            row.code,
            row.issue,
            row.sha256,
            row.receipt_number,
            recalled=row.status is Status.RECALLED,
            counts=row.status is Status.ACTIVE,
        )
        for row in theirs
    ]
    found = compare(ours, theirs)
    assert found.equal
    assert found.total.should == found.total.sent == found.total.received


@given(st.lists(owns), st.lists(helds), st.randoms())
def test_the_order_of_rows_without_doubles_is_of_no_account(ours: list[Own], theirs: list[Held], random: Any) -> None:
    ours = list({row.code or str(n): row for n, row in enumerate(ours)}.values())
    theirs = list({row.code: row for row in theirs}.values())
    before = compare(ours, theirs)
    random.shuffle(ours)
    random.shuffle(theirs)
    after = compare(ours, theirs)
    assert Counter(before.entries) == Counter(after.entries)
    assert before.by_class == after.by_class


def test_every_kind_of_difference_has_words() -> None:
    assert {place for place in Place if words._SENTENCES.get(place)} == set(Place) - AGREED


class Paged:
    """An authority of a few rows, as the handler pages them; ``grow`` adds one while it is being asked."""

    def __init__(self, rows: list[Held], grow: Held | None = None) -> None:
        self.rows, self.grow, self.asked = rows, grow, 0

    def extension(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
        self.asked += 1
        rows = sorted((r for r in self.rows if r.code > body["sau_ma"]), key=lambda r: r.code)[: body["so_luong"]]
        answer: dict[str, Any] = {"ma_don_vi": body["ma_don_vi"], "nam_hoc": body["nam_hoc"]}
        full = len(rows) == body["so_luong"]
        answer |= {"danh_sach": [write_held(r) for r in rows], "tiep_theo": rows[-1].code if full else None}
        if self.grow:
            self.rows, self.grow = [*self.rows, self.grow], None
        return {**answer, "tong_so": len(self.rows)}


def test_pages_come_together_and_a_change_meanwhile_is_noticed() -> None:
    rows = [held(code) for code in CODES[1:]]
    authority = Paged(rows)
    assert ask_inventory(authority, "u", "2025-2026", page=2) == rows
    assert authority.asked == 3
    with pytest.raises(UncertainError) as caught:
        ask_inventory(Paged(rows, grow=held(CODES[0])), "u", "2025-2026", page=2)
    assert caught.value.code == "INVENTORY_MOVED"


@pytest.mark.parametrize(
    "change",
    [{"ma_don_vi": "x"}, {"danh_sach": 1}, {"tiep_theo": ""}, {"tiep_theo": 3}, {"danh_sach": [{"sha256": "a"}]}],
    ids=str,
)
def test_a_wrong_inventory_is_no_inventory(change: dict[str, Any]) -> None:
    class Wrong(Paged):
        def extension(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
            return {**super().extension(name, body), **change}

    with pytest.raises(UncertainError):
        ask_inventory(Wrong([held()]), "u", "2025-2026")


def test_a_row_travels_unchanged() -> None:
    for row in (held(), held(**RECALLED, replaced_by=CODES[3])):
        assert read_held(write_held(row)) == row
    for wrong in ({**write_held(held()), "trang_thai": "?"}, write_held(replace(held(), code="")), None, {"a": 1}):
        with pytest.raises(UncertainError):
            read_held(wrong)


def test_a_record_that_was_damaged_on_the_way_is_refused() -> None:
    class Broken:
        def extension(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
            right = {"ma_tra_cuu_uuid": CODES[0], "noi_dung": "eA==", "bien_nhan": "eQ==", "trang_thai": "active"}
            return {**right, "sha256": "0" * 64}

    with pytest.raises(UncertainError):
        ask_back(Broken(), "u", CODES[0])
