"""Daily roots: made, sealed, chained, compared with what is there, handed to the authority, proved to anyone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import portal_world
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing_world import NOW, World, released, world
from typer.testing import CliRunner

from hocbaso_app.cli import app as cli
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.roots import messages, proof, receipts
from hocbaso_app.exchange.roots.comparison import (
    Present,
    PresentEntry,
    What,
    against_entries,
    against_files,
    new_leaves,
    replay,
)
from hocbaso_app.exchange.roots.leaves import VERSION, EntryLeaf, FileLeaf, Leaves, RootError
from hocbaso_app.exchange.roots.statement import Claims, KeptRoot, make, sealer
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.keys import LocalKey

SCHOOL = "31999901"
DAY, AT = timedelta(days=1), write_instant(NOW)


def sha(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def file(name: str, status: str = "Released", moment: datetime | None = NOW, octets: str = "") -> FileLeaf:
    return FileLeaf(VERSION, name, f"code-{name}", sha(octets or name), status, write_instant(moment) if moment else "")


def root(
    number: int,
    files: tuple[FileLeaf, ...] = (),
    entries: range = range(0),
    before: KeptRoot | None = None,
    key: LocalKey | None = None,
    **changes: Any,
) -> KeptRoot:
    leaves = Leaves(files, tuple(EntryLeaf(n, sha(f"entry {n}")) for n in entries))
    values: dict[str, Any] = {
        "unit": SCHOOL,
        "number": number,
        "at": write_instant(NOW + number * DAY),
        "root": leaves.root(),
        "previous": before.sha256 if before else "",
        "files": len(files),
        "entries": len(leaves.entries),
        "total": len(files),
        "last_entry": entries[-1] if entries else 0,
        "last_hash": sha("end"),
    }
    return make(Claims(**{**values, **changes}), leaves, key)


@cache
def two_days() -> list[KeptRoot]:
    first = root(1, (file("a"), file("b", "Working", None)), range(1, 6))
    return [first, root(2, (file("c", moment=NOW + 2 * DAY),), range(6, 9), first)]


def there(**changes: FileLeaf | None) -> list[Present]:
    """What the two days left, with changes by name; None takes one away."""
    known = {"a": file("a"), "b": file("b", "Working", None), "c": file("c", moment=NOW + 2 * DAY)}
    rows = {name: leaf for name, leaf in {**known, **changes}.items() if leaf is not None}
    return [Present(leaf, NOW) for leaf in rows.values()]


def found(present: list[Present]) -> list[tuple[What, str, str]]:
    known = replay(two_days())
    assert known.differences == []
    return [(d.what, d.name, d.day) for d in against_files(known, present)]


FIRST, SECOND = ((NOW + n * DAY).date().isoformat() for n in (1, 2))


def test_nothing_differs_on_an_untouched_site() -> None:
    assert found(there()) == []


def test_what_may_happen_to_files_is_no_difference() -> None:
    later = NOW + 3 * DAY
    assert found(there(b=file("b", "Working", None, "grown"))) == []
    assert found(there(b=file("b", "Released", later, "sealed"))) == []
    assert found(there(b=file("b", "Superseded", None))) == []
    assert found(there(a=file("a", "Recalled"))) == []
    new = Present(file("d", moment=later), later)
    assert found([*there(), new]) == []
    back = Present(file("e", moment=NOW - DAY), later, brought_back=True)
    assert found([*there(), back]) == [], "the authority gave it back"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"a": None}, (What.REMOVED, "a", FIRST)),
        ({"a": file("a", octets="other")}, (What.CHANGED, "a", FIRST)),
        ({"a": replace(file("a"), code="other")}, (What.CHANGED, "a", FIRST)),
        ({"a": file("a", moment=NOW - DAY)}, (What.BACK_DATED, "a", FIRST)),
        ({"a": file("a", "Working")}, (What.STATUS, "a", FIRST)),
        ({"b": file("b", "Released", NOW - DAY, "x")}, (What.BACK_DATED, "b", FIRST)),
        ({"c": file("c", "Active", NOW + 2 * DAY)}, (What.STATUS, "c", SECOND)),
        ({"new": file("new", moment=NOW)}, (What.INSERTED, "new", SECOND)),
    ],
)
def test_what_somebody_did_to_files_is_named(change: dict[str, FileLeaf | None], expected: tuple[Any, ...]) -> None:
    assert found(there(**change)) == [expected]


def test_a_new_row_with_an_old_release_is_dated_back() -> None:
    new = Present(file("new", moment=NOW), NOW + 5 * DAY)
    assert found([*there(), new]) == [(What.BACK_DATED, "new", SECOND)]


def test_a_recalled_file_stays_recalled() -> None:
    roots = [*two_days(), root(3, (file("a", "Recalled"),), range(9, 10), two_days()[-1])]
    known = replay(roots)
    assert [d.what for d in against_files(known, there())] == [What.STATUS]


def entries(**changes: Any) -> dict[int, PresentEntry]:
    at = NOW + 3 * DAY
    rows = {n: PresentEntry(sha(f"entry {n}"), at, own=True) for n in range(1, 11)}
    rows.update({int(name.removeprefix("n")): row for name, row in changes.items()})
    return {number: row for number, row in rows.items() if row is not None}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"n3": None}, [(What.REMOVED, "3")]),
        ({"n3": PresentEntry(sha("x"), NOW, own=True)}, [(What.CHANGED, "3")]),
        ({"n9": PresentEntry(sha("x"), NOW - DAY, own=True)}, [(What.BACK_DATED, "9")]),
    ],
)
def test_what_somebody_did_to_the_trail_is_named(change: dict[str, Any], expected: list[Any]) -> None:
    known = replay(two_days())
    assert [(d.what, d.name) for d in against_entries(known, entries(**change))] == expected


def test_an_entry_put_in_between_is_named() -> None:
    first = root(1, (), range(1, 3), last_entry=5)
    known = replay([first])
    assert [(d.what, d.name) for d in against_entries(known, entries())] == [(What.INSERTED, n) for n in "345"]
    strange = {n: replace(row, own=False) for n, row in entries().items()}
    assert list(against_entries(known, strange)) == [], "entries of other units stand in their roots"


def test_a_rewritten_chain_differs_from_every_root() -> None:
    """Hashes, links and columns all fit each other again: only the roots tell."""
    rewritten = {n: replace(row, hash=sha(f"new {n}")) if n >= 4 else row for n, row in entries().items()}
    found = list(against_entries(replay(two_days()), rewritten))
    assert [(d.what, d.name) for d in found] == [(What.CHANGED, str(n)) for n in range(4, 9)]


def test_damaged_missing_and_unchained_roots_are_named() -> None:
    first, second = two_days()
    assert [d.what for d in replay([second]).differences] == [What.ROOT_MISSING]
    other = root(1, (file("z"),), range(1, 6))
    assert What.ROOT_UNCHAINED in [d.what for d in replay([other, second]).differences]
    wrong = KeptRoot(first.statement, second.leaves)
    assert [d.what for d in replay([wrong, second]).differences] == [What.ROOT_DAMAGED]
    assert [d.what for d in replay([KeptRoot(b"x", b"y")]).differences] == [What.ROOT_DAMAGED]


def test_a_root_that_is_dated_back_is_named_and_hides_nothing() -> None:
    first, second = two_days()
    third = root(3, (), range(9, 10), second, at=write_instant(NOW - 300 * DAY))
    known = replay([first, second, third])
    assert [(d.what, d.kind, d.name, d.day) for d in known.differences] == [(What.BACK_DATED, "root", "3", SECOND)]
    put_in = Present(file("new", moment=NOW - 100 * DAY), NOW - 100 * DAY)
    assert [(d.what, d.name) for d in against_files(known, [*there(), put_in])] == [(What.INSERTED, "new")]
    corrected = root(3, (), range(9, 10), second, at=write_instant(NOW + 2 * DAY - timedelta(minutes=1)))
    assert replay([first, second, corrected]).differences == [], "the clock was set right"


def test_roots_that_contradict_each_other_are_named() -> None:
    """What was changed between two nights stays named when the second root was made over it."""
    first, second = two_days()
    third = root(3, (file("a", octets="other"),), range(3, 4), second)
    altered = make(third.claims, replace(third.listed, entries=(EntryLeaf(3, sha("x")),)), None)
    known = replay([first, second, KeptRoot(altered.statement, altered.leaves)], lists=False)
    assert [(d.what, d.name, d.day) for d in known.differences] == [
        (What.CHANGED, "a", FIRST),
        (What.CHANGED, "3", FIRST),
    ]


def test_only_what_is_new_stands_in_the_next_root() -> None:
    known = replay(two_days())
    fresh, grown = file("d", moment=NOW + 3 * DAY), file("b", "Working", None, "grown")
    assert set(new_leaves(known, [file("a"), grown, file("c", moment=NOW + 2 * DAY), fresh])) == {fresh, grown}


@given(st.binary(max_size=200))
def test_no_octets_break_the_readers(data: bytes) -> None:
    for read in (Leaves.from_bytes, proof.Proof.from_bytes, lambda d: KeptRoot(d, b"").claims):
        with pytest.raises(RootError):
            read(data)


def test_the_seal_is_the_units_own() -> None:
    sealed = root(1, (file("a"),), range(1, 3), key=world().school)
    sealed.check()
    assert sealed.sealed
    assert sealer(sealed, world().trust) == world().school.certificate
    assert sealer(root(1), world().trust) is None
    for key, unit in ((world().principal, SCHOOL), (world().school, "31")):
        with pytest.raises(RootError):
            sealer(root(1, key=key, unit=unit), world().trust)
    assert sealer(root(1, key=world().department, unit="31"), world().trust) == world().department.certificate


def receipt_of(kept: KeptRoot, **changes: Any) -> bytes:
    claims = kept.claims
    values = {"unit": claims.unit, "number": claims.number, "root": claims.root, "sha256": kept.sha256}
    said = receipts.RootReceipt(**{**values, "sealed": kept.sealed, "received_at": write_instant(NOW), **changes})
    return receipts.issue(said, world().department)


def test_a_proof_needs_one_leaf_and_the_trust_list_alone() -> None:
    files = tuple(file(f"f{n}") for n in range(7))
    kept = root(1, files, range(1, 12), key=world().school)
    for leaf in (*files, kept.listed.entries[4]):
        made = proof.prove(kept, leaf, receipt_of(kept))
        proved = proof.check(proof.Proof.from_bytes(made.to_bytes()), world().trust)
        assert (proved.leaf, proved.claims) == (leaf, kept.claims)
        assert proved.receipt is not None
        assert proved.certificate is not None
    with pytest.raises(RootError):
        proof.prove(kept, file("other"))


def test_a_forged_proof_is_refused() -> None:
    kept = root(1, (file("a"), file("b")), range(1, 4), key=world().school)
    right = proof.prove(kept, file("a"), receipt_of(kept))
    other = root(1, (file("a"),))
    for wrong in (
        replace(right, leaf=file("a", octets="other")),
        replace(right, path=()),
        replace(right, path=(*right.path, (b"\0" * 32,))),
        replace(right, receipt=receipt_of(other)),
        replace(right, receipt=receipt_of(kept, unit="31999902")),
        replace(right, receipt=b"x"),
        replace(right, statement=other.statement),
        proof.prove(other, file("a")),
    ):
        with pytest.raises(RootError):
            proof.check(wrong, world().trust)


def test_a_seal_counts_from_when_somebody_else_saw_it(tmp_path: Path) -> None:
    """Whoever has a revoked key can date a statement as he likes."""
    own = World()
    own.ca.revoke(own.school.certificate, NOW - DAY)
    revoked = own.write_trust(folder=tmp_path)
    kept = root(1, (file("a"),), key=own.school, at=write_instant(NOW - 2 * DAY))
    alone = proof.prove(kept, file("a"))

    def received(at: datetime) -> proof.Proof:
        said = receipts.RootReceipt(SCHOOL, 1, kept.claims.root, kept.sha256, True, write_instant(at))
        return proof.prove(kept, file("a"), receipts.issue(said, own.department))

    assert sealer(kept, revoked) is not None
    with pytest.raises(RootError) as caught:
        proof.check(alone, revoked, NOW)
    assert caught.value.code == "ROOT_SEAL_ENDED"
    assert proof.check(received(NOW - 2 * DAY), revoked, NOW).certificate == own.school.certificate
    late = proof.check(received(NOW), revoked, NOW)
    assert (late.certificate, late.receipt is not None) == (None, True), "the receipt alone carries it"

    (school,) = own.registry().schools
    ended = replace(school, certificates=(replace(school.certificates[0], withdrawn_at=AT),))
    trust = replace(own.trust, registry=replace(own.registry(), schools=(ended,)))
    assert proof.check(alone, trust, NOW - DAY).certificate == own.school.certificate
    with pytest.raises(RootError):
        proof.check(alone, trust, NOW + DAY)


@pytest.fixture
def later(city: portal_world.PortalWorld) -> portal_world.PortalWorld:
    """Ten days after."""
    city.portal.office.clock = lambda: NOW + 10 * DAY
    return city


def test_the_authority_keeps_a_root_once_with_one_receipt(later: portal_world.PortalWorld) -> None:
    client = later.client()
    first, second = two_days()
    taken = messages.hand_in(client, SCHOOL, first)
    assert taken.differences == ()
    said = receipts.read(taken.receipt, later.world.trust)
    assert (said.unit, said.number, said.sha256, said.sealed) == (SCHOOL, 1, first.sha256, False)
    assert messages.hand_in(client, SCHOOL, first).receipt == taken.receipt
    assert messages.hand_in(client, SCHOOL, second).differences == ()
    assert messages.ask_held(client, SCHOOL) == [(1, first.sha256), (2, second.sha256)]
    kept, receipt = messages.fetch(client, SCHOOL, first.sha256)
    assert (kept, receipt) == (first, taken.receipt)


def test_the_authority_sees_a_chain_that_was_rewritten(later: portal_world.PortalWorld) -> None:
    """The school's own roots fit its changed data; what the authority holds does not."""
    client = later.client()
    for kept in two_days():
        messages.hand_in(client, SCHOOL, kept)
    rewritten = root(1, (file("a", octets="forged"),), range(1, 6))
    said = messages.hand_in(client, SCHOOL, rewritten).differences
    assert {(d.what, d.kind, d.name) for d in said} == {
        (What.ROOT_UNCHAINED, "root", "1"),
        (What.BACK_DATED, "root", "1"),
        (What.CHANGED, VERSION, "a"),
    }
    following = root(2, (), range(6, 8), rewritten)
    assert messages.hand_in(client, SCHOOL, following).differences == ()


def test_the_authority_sees_a_root_that_is_dated_back(later: portal_world.PortalWorld) -> None:
    client = later.client()
    first, second = two_days()
    for kept in (first, second):
        messages.hand_in(client, SCHOOL, kept)
    third = root(3, (), range(9, 10), second, at=write_instant(NOW - 300 * DAY))
    said = messages.hand_in(client, SCHOOL, third).differences
    assert [(d.what, d.kind, d.name) for d in said] == [(What.BACK_DATED, "root", "3")]


def test_a_wrong_root_is_refused(later: portal_world.PortalWorld) -> None:
    client = later.client()
    first, second = two_days()
    for wrong in (
        KeptRoot(first.statement, second.leaves),
        KeptRoot(b"x", first.leaves),
        root(1, unit="31999902"),
        root(1, key=world().principal),
        root(1, at=write_instant(NOW + 400 * DAY)),
    ):
        with pytest.raises(RefusedError):
            messages.hand_in(client, SCHOOL, wrong)
    assert messages.ask_held(client, SCHOOL) == []


def test_the_command_verifies_offline(tmp_path: Path) -> None:
    document = released(1)
    leaf = FileLeaf(VERSION, "HBS-TEP-000001", document.record.general.record_code, document.sha256, "Released", AT)
    kept = root(1, (leaf, file("b")), range(1, 4), key=world().school)
    (tmp_path / "a.goc").write_bytes(proof.prove(kept, leaf, receipt_of(kept)).to_bytes())
    (tmp_path / "b.goc").write_bytes(proof.prove(kept, file("b")).to_bytes())
    (tmp_path / "c.goc").write_bytes(b"x")
    (tmp_path / "a.xml").write_bytes(document.data)

    def run(*arguments: str) -> tuple[int, str]:
        made = CliRunner().invoke(cli, ["root", "verify", *arguments, "--trust", str(world().folder)])
        return made.exit_code, made.output

    record = ("--record", str(tmp_path / "a.xml"))
    code, said = run(str(tmp_path / "a.goc"), *record)
    assert (code, document.sha256 in said, "HỢP LỆ" in said) == (0, True, True), said
    assert json.loads(run(str(tmp_path / "a.goc"), "--json")[1])["root"]["receipt"]["unit"] == SCHOOL
    assert run(str(tmp_path / "b.goc"), *record)[0] == 1
    code, said = run(str(tmp_path / "b.goc"))
    assert (code, kept.claims.at[:10] in said) == (0, False), "nobody but the school says when"
    assert run(str(tmp_path / "c.goc"))[0] == 3
