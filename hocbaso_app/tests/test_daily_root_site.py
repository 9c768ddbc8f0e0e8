"""Daily roots on a site: what SQL changes past every hash, link and column is found by the roots, here and above."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.exchange.roots import messages, proof
from hocbaso_app.exchange.roots.statement import sealer
from hocbaso_app.jobs import nightly as evening
from hocbaso_app.jobs import roots as job
from hocbaso_app.services import audit, evidence, files, trust
from hocbaso_app.services.roots import book, nightly, present, proofs, sending
from hocbaso_app.setup import roles
from hocbaso_app.tests.authority import DEPARTMENT, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.untouched import UntouchedTestCase
from hocbaso_app.tests.world import Play, acting_as

VERSION = "tabHBS Record Version"
ENTRY = "tabHBS Audit Entry"


class TestDailyRoot(UntouchedTestCase):
    """A released class, and the root of yesterday over it."""

    play: ClassVar[Play]
    unit: ClassVar[str]
    version: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play = Play(pupils=2, grade=2)
        cls.record, cls.second = cls.play.until("released")
        cls.unit = cls.play.world.unit
        cls.version = frappe.db.get_value("HBS Record", cls.record, "current_version")
        cls.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        other_school()
        cls.stranger = school_person("ht.khac@example.invalid", roles.PRINCIPAL, OTHER)

    def found(self) -> list[tuple[str, str]]:
        """Kind and document of what tonight's run finds."""
        return [(f.kind, f.name) for f in nightly.run(self.unit)[1]]

    def own(self) -> list[Any]:
        return list(book.of(self.unit, book.OWN))

    def rewrite_trail(self, number: int) -> None:
        """As somebody would who has the database and this very program: every hash from there on made anew."""
        previous = frappe.db.get_value(audit.DOCTYPE, number - 1, "entry_hash")
        for entry in frappe.get_all(audit.DOCTYPE, {"name": (">=", number)}, audit.COLUMNS, order_by="name"):
            entry.previous_hash = previous
            previous = audit.entry_hash(entry)
            values = (entry.previous_hash, f"x{previous[1:]}", entry.name)
            frappe.db.sql(f"update `{ENTRY}` set previous_hash = %s, entry_hash = %s where name = %s", values)
            frappe.db.sql(f"update `{ENTRY}` set entry_hash = %s where name = %s", (previous, entry.name))

    def test_one_root_a_day_chained_with_only_what_is_new(self) -> None:
        first, found = nightly.run(self.unit)
        self.assertEqual(found, [])
        nightly.run(self.unit)
        one, two = self.own()
        self.assertEqual((one.claims.number, two.claims.number), (1, 2))
        self.assertEqual((one.claims.previous, two.claims.previous), ("", one.sha256))
        self.assertEqual((one.claims.files, one.claims.total), (2, 2))
        self.assertEqual(one.claims.entries, frappe.db.count(audit.DOCTYPE))
        self.assertEqual((two.claims.files, two.claims.entries, two.claims.total), (0, 0, 2))
        doc = frappe.get_doc(book.DOCTYPE, first)
        self.assertEqual((doc.root, doc.sealed_by, doc.source), (one.claims.root, None, "This site"))

    def test_a_long_first_list_becomes_several_roots_in_a_row(self) -> None:
        with patch.object(nightly, "MOST_LEAVES", 10):
            self.assertEqual(self.found(), [])
        own = self.own()
        self.assertEqual(sum(root.claims.files for root in own), 2)
        self.assertEqual(sum(root.claims.entries for root in own), frappe.db.count(audit.DOCTYPE))
        self.assertTrue(len(own) > 2 and all(len(root.listed.digests()) <= 10 for root in own))
        self.assertEqual(self.found(), [], "they chain, and nothing is missing between them")

    def test_what_people_do_is_no_difference(self) -> None:
        nightly.run(self.unit)
        other = Play(pupils=1, grade=3)
        other.world.pins.update(self.play.world.pins)
        other.until("manager")
        self.assertEqual(self.found(), [])
        other.release()
        self.assertEqual(self.found(), [])
        newest = self.own()[-1].listed.files
        self.assertEqual([(leaf.status, bool(leaf.moment)) for leaf in newest], [("Released", True)])

    @requirement("Y046")
    def test_each_way_to_change_the_past_is_named(self) -> None:
        """File, hash and trail all fit each other again: the ordinary check sees nothing, the root does."""
        nightly.run(self.unit)
        past = add_to_date(now_datetime(), days=-30)
        name = self.version
        ways: list[tuple[str, Callable[[], object], str]] = [
            ("another hash", lambda: frappe.db.sql(f"update `{VERSION}` set sha256 = %s where name = %s",
                (hashlib.sha256(b"x").hexdigest(), name)), name),
            ("dated back", lambda: frappe.db.sql(f"update `{VERSION}` set released_on = %s where name = %s",
                (past, name)), name),
            ("gone", lambda: frappe.db.sql(f"delete from `{VERSION}` where name = %s", name), name),
            ("back in work", lambda: frappe.db.sql(f"update `{VERSION}` set status = 'Working' where name = %s", name),
                name),
            ("another code", lambda: frappe.db.sql(f"update `{VERSION}` set record_code = 'x' where name = %s", name),
                name),
            ("put in", lambda: self.put_in("HBS-TEP-900001", past, past), "HBS-TEP-900001"),
            ("put in as of today", lambda: self.put_in("HBS-TEP-900002", now_datetime(), past), "HBS-TEP-900002"),
        ]  # fmt: skip
        for what, change, expected in ways:
            with self.subTest(what):
                frappe.db.savepoint("one_way")
                change()
                found = self.found()
                self.assertEqual(found, [(evidence.ROOT_DIFFERS, expected)])
                self.assertEqual(self.found(), [], "told once, though a new root was made over it")
                frappe.db.rollback(save_point="one_way")

    def test_a_file_that_the_authority_gave_back_is_no_difference(self) -> None:
        """Its release lies before the root; the trail says that it came back."""
        nightly.run(self.unit)
        version, document = files.load(self.version)
        frappe.db.sql(f"delete from `{VERSION}` where name = %s", self.version)
        past = add_to_date(version.released_on, days=-3)
        back = files.restore(frappe.get_doc("HBS Record", self.record), document, past)
        frappe.db.savepoint("told")
        audit.write("brought back", files.DOCTYPE, back.name, self.unit, {"sha256": document.sha256})
        self.assertEqual(self.found(), [(evidence.ROOT_DIFFERS, self.version)], "only the lost one is named")
        frappe.db.rollback(save_point="told")
        self.assertIn((evidence.ROOT_DIFFERS, back.name), self.found(), "without the trail's word it is dated back")

    def put_in(self, name: str, creation: Any, released: Any) -> None:
        row = frappe.db.sql(f"select * from `{VERSION}` where name = %s", self.version, as_dict=True)[0]
        row.update(
            name=name, creation=creation, released_on=released, record_code="00000000-0000-4000-8000-00000000000a"
        )
        columns = ", ".join(f"`{column}`" for column in row)
        frappe.db.sql(f"insert into `{VERSION}` ({columns}) values %s", [tuple(row.values())])

    @requirement("Y046")
    def test_a_rewritten_trail_is_found_though_its_chain_is_whole(self) -> None:
        nightly.run(self.unit)
        number = int(frappe.db.get_value(audit.DOCTYPE, {"action": "sign"}, "name", order_by="name"))
        frappe.db.sql(f"update `{ENTRY}` set actor = 'ai-do@example.invalid' where name = %s", number)
        self.rewrite_trail(number)
        self.assertEqual(audit.broken_entries(), [])
        self.assertEqual(evening.verify_evidence(), [], "nothing that is stored contradicts anything else that is")
        with patch.object(nightly, "MOST_NAMED", 2):
            found = [name for _kind, name in self.found()]
        self.assertEqual(found, [str(number), str(number + 1), self.unit], "the rest is told as a number")

    def test_an_entry_taken_out_with_its_traces_is_found(self) -> None:
        nightly.run(self.unit)
        last = int(frappe.get_last_doc(audit.DOCTYPE, order_by="name desc").name)
        frappe.db.sql(f"delete from `{ENTRY}` where name = %s", last)
        self.assertEqual(audit.broken_entries(), [], "a shorter chain is whole")
        self.assertEqual(self.found(), [(evidence.ROOT_DIFFERS, str(last))])

    def test_a_school_whose_files_are_all_gone_is_still_compared(self) -> None:
        nightly.run(self.unit)
        frappe.db.sql(f"delete from `{VERSION}`")
        self.assertEqual(set(nightly.run_all()), {self.unit})
        self.assertEqual(frappe.db.count(evidence.DOCTYPE, {"kind": evidence.ROOT_DIFFERS}), 2)

    def test_an_entry_dated_back_is_found(self) -> None:
        nightly.run(self.unit)
        audit.write("sign", files.DOCTYPE, self.version, self.unit, {})
        last = int(frappe.get_last_doc(audit.DOCTYPE, order_by="name desc").name)
        entry = frappe.db.get_value(audit.DOCTYPE, last, list(audit.COLUMNS), as_dict=True)
        entry.at = add_to_date(now_datetime(), days=-3)
        values = (entry.at, audit.entry_hash(entry), last)
        frappe.db.sql(f"update `{ENTRY}` set at = %s, entry_hash = %s where name = %s", values)
        self.assertEqual(audit.broken_entries(), [])
        self.assertEqual(self.found(), [(evidence.ROOT_DIFFERS, str(last))])

    def test_changed_and_lost_roots_are_found(self) -> None:
        first = nightly.run(self.unit)[0]
        second = nightly.run(self.unit)[0]
        table, leaves = "tabHBS Daily Root", base64.b64encode(b"x").decode()
        changes: tuple[Callable[[], object], ...] = (
            lambda: frappe.db.sql(f"update `{table}` set leaves = %s where name = %s", (leaves, first)),
            lambda: frappe.db.sql(f"update `{table}` set statement = 'QQ==' where name = %s", first),
            lambda: frappe.db.sql(f"update `{table}` set statement = 'QQ==' where name = %s", second),
            lambda: frappe.db.sql(f"delete from `{table}` where name = %s", first),
        )
        for change in changes:
            frappe.db.savepoint("one_way")
            change()
            kinds = {kind for kind, _name in self.found()}
            self.assertIn(evidence.ROOTS_BROKEN, kinds)
            frappe.db.rollback(save_point="one_way")

    def test_who_must_know_is_told(self) -> None:
        nightly.run(self.unit)
        frappe.db.sql(f"update `{VERSION}` set released_on = '2020-01-01' where name = %s", self.version)
        nightly.run_all()
        for user, told in ((self.play.principal, 1), (self.department, 1), (self.stranger, 0)):
            where = {"for_user": user, "document_type": evidence.DOCTYPE}
            self.assertEqual(frappe.db.count("Notification Log", where), told, user)
        with acting_as(self.stranger):
            self.assertEqual(frappe.get_list(book.DOCTYPE), [])
        with acting_as(self.play.principal):
            self.assertEqual(len(frappe.get_list(book.DOCTYPE, {"unit": self.unit})), 2)

    def test_entries_of_no_school_stand_under_a_root_too(self) -> None:
        number = frappe.db.count(audit.DOCTYPE)
        audit.write("change address", "HBS Settings", "HBS Settings", None, {})
        nightly.run(self.unit)
        self.assertIn(number + 1, {entry.number for entry in self.own()[0].listed.entries})
        self.assertEqual(present.units(), [self.unit])

    def test_it_runs_every_evening(self) -> None:
        events = frappe.get_hooks("scheduler_events")
        self.assertIn("hocbaso_app.jobs.roots.wake", events["cron"]["50 23 * * *"])
        self.assertIn("hocbaso_app.jobs.roots.send", events["hourly"])
        self.assertEqual(set(job.run()), {self.unit})


class TestRootsAtTheAuthority(CommittedTestCase):
    """School and department on one site; what goes between them goes over HTTP."""

    play: ClassVar[Play]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=2, grade=2)
        cls.names = cls.play.until("released")

    @patch.object(sending, "_commit", lambda: frappe.db.commit())  # the other side's requests come on other connections
    def test_sealed_sent_receipted_and_judged_by_what_the_authority_holds(self) -> None:
        unit, version = self.play.world.unit, frappe.db.get_value("HBS Record", self.names[0], "current_version")
        with running_authority(self.play) as authority:
            authority.exchange()
            client = authority.client()
            nightly.run(unit)
            nightly.run(DEPARTMENT)
            frappe.db.commit()
            self.assertEqual(sending.send(unit, client), [])
            nightly.run(unit)
            frappe.db.commit()
            self.assertEqual(sending.send(unit, client), [])
            with self.subTest("sealed by keys that need no person"):
                own, above = (next(iter(book.of(u, book.OWN))) for u in (unit, DEPARTMENT))
                self.assertIsNotNone(sealer(own, trust.store()))
                self.assertIsNotNone(sealer(above, trust.store()))
                self.assertEqual([leaf.kind for leaf in above.listed.files], ["received", "received"])
            with self.subTest("kept there with a receipt"):
                rows = frappe.get_all(
                    book.DOCTYPE, {"unit": unit}, ["source", "received_at", "sha256"], order_by="name"
                )
                self.assertEqual({row.source for row in rows}, {book.OWN, book.SENT})
                self.assertTrue(all(row.received_at for row in rows))
                said = messages.ask_held(client, unit)
                self.assertEqual([n for n, _sha256 in said], [1, 2])
            with self.subTest("a proof for anyone"):
                data, name = proofs.of_record(self.names[0])
                proved = proof.check(proof.Proof.from_bytes(data), trust.store())
                self.assertTrue(name.endswith(".goc"))
                self.assertEqual(proved.leaf.name, version)  # type: ignore[union-attr]
                self.assertTrue(proved.receipt and proved.certificate)
                code = frappe.db.get_value("HBS Record", self.names[0], "record_code")
                received = proof.check(proof.Proof.from_bytes(proofs.of_received(code)[0]), trust.store())
                self.assertEqual(received.claims.unit, DEPARTMENT)
                for root in frappe.get_all(book.DOCTYPE, pluck="name", order_by="name"):
                    states = {line["state"] for line in proofs.view(root)}
                    self.assertNotIn("wrong", states, proofs.view(root))
            self.damaged(unit, version, client)
            self.rewritten(unit, version, client)

    def damaged(self, unit: str, version: str, client: Any) -> None:
        """A root that can't be read any more does not keep the authority's copy from judging."""
        where = {"source": book.OWN, "unit": unit}
        kept = frappe.get_all(book.DOCTYPE, where, ["name", "statement"], order_by="name")
        released = frappe.db.get_value(files.DOCTYPE, version, "released_on")
        frappe.db.sql("update `tabHBS Daily Root` set statement = 'QQ==' where name in %s", ([r.name for r in kept],))
        frappe.db.sql(f"update `{VERSION}` set released_on = '2026-01-02 08:00:00' where name = %s", version)
        frappe.db.commit()
        self.assertIn((evidence.ROOT_DIFFERS, version), {(f.kind, f.name) for f in sending.send(unit, client)})
        for row in kept:
            frappe.db.sql("update `tabHBS Daily Root` set statement = %s where name = %s", (row.statement, row.name))
        frappe.db.sql(f"update `{VERSION}` set released_on = %s where name = %s", (released, version))
        frappe.db.commit()

    def rewritten(self, unit: str, version: str, client: Any) -> None:
        """The school's database is rewritten altogether, its roots too: only the authority's copy tells."""
        frappe.db.sql(f"update `{VERSION}` set released_on = '2026-01-01 08:00:00' where name = %s", version)
        frappe.db.sql("delete from `tabHBS Daily Root` where source = %s and unit = %s", (book.OWN, unit))
        self.assertEqual(nightly.run(unit)[1], [], "made anew they fit what is there now")
        frappe.db.commit()
        found = {(f.kind, f.name) for f in sending.send(unit, client)}
        self.assertIn((evidence.ROOT_DIFFERS, version), found)
        self.assertIn((evidence.ROOTS_BROKEN, unit), found)
        frappe.db.commit()
        told = frappe.get_all(evidence.DOCTYPE, {"unit": unit, "kind": evidence.ROOT_DIFFERS}, order_by="name")
        self.assertTrue(told)
        kept = {row.sha256 for row in frappe.get_all(book.DOCTYPE, {"source": book.SENT}, "sha256", order_by="name")}
        self.assertEqual(len(kept), 3, "what was held stays, the new one stands beside it")
