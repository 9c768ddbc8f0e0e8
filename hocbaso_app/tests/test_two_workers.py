"""Two workers at the same moment, each with its own connection: the trail stays one chain, no signature is lost."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import frappe

from hocbaso_app.exceptions import StepOrderError
from hocbaso_app.services import audit, check, files, keys, sign, trust
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.world import Play, acting_as, state

PATIENCE = 60


def at_once(*works: Callable[[Barrier], None]) -> list[BaseException]:
    """Each in a thread with a connection of its own; what they raised."""
    site, sites_path = frappe.local.site, frappe.local.sites_path
    barrier, raised = Barrier(len(works), timeout=PATIENCE), []

    def run(work: Callable[[Barrier], None]) -> None:
        frappe.init(site, sites_path=sites_path)
        frappe.connect()
        frappe.set_user("Administrator")
        frappe.flags.mute_emails = True
        try:
            work(barrier)
            frappe.db.commit()
        except BaseException as error:
            frappe.db.rollback()
            raised.append(error)
        finally:
            frappe.destroy()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    frappe.db.rollback()
    return raised


class TestOneChain(CommittedTestCase):
    """Nothing but entries."""

    def test_entries_of_two_writers_are_one_chain(self) -> None:
        before = _last_entry()

        def write(barrier: Barrier) -> None:
            barrier.wait()
            for number in range(10):
                entries = [audit.Entry("test", "HBS Unit", f"{number}-{part}", None) for part in range(3)]
                audit.write_all(entries)
                frappe.db.commit()

        self.assertEqual(at_once(write, write), [])
        self.assertEqual(_last_entry() - before, 60)
        self.assertEqual(audit.broken_entries(), [])

    def test_second_writer_waits_and_the_first_may_write_again(self) -> None:
        before = _last_entry()

        def first(barrier: Barrier) -> None:
            audit.write("test", "HBS Unit", "first", None)
            barrier.wait()
            for number in range(20):
                audit.write("test", "HBS Unit", f"first again {number}", None)

        def second(barrier: Barrier) -> None:
            barrier.wait()
            audit.write("test", "HBS Unit", "second", None)

        self.assertEqual(at_once(first, second), [])
        self.assertEqual(_last_entry() - before, 22)
        self.assertEqual(audit.broken_entries(), [])


class TestOneFile(CommittedTestCase):
    """Two people of one class."""

    play: Play

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=2, grade=4)
        cls.play.until("initialised")

    def test_year_end_of_two_people_at_once(self) -> None:
        self._both_look()
        self._both_sign()
        self._older_file_does_not_replace_the_newer()

    def _both_look(self) -> None:
        """Whoever looks last sees that the other one has looked, though both began at the same moment."""
        *early, first, second = [*self.play.specialists, self.play.school_class.homeroom]
        for person in early:
            with acting_as(self.play.world.user_of(person)):
                check.seen(self.play.names())
        frappe.db.commit()
        self.assertEqual(at_once(self._looking(first), self._looking(second)), [])
        self.assertEqual([state(name) for name in self.play.names()], ["Checked", "Checked"])

    def _looking(self, person: Any) -> Callable[[Barrier], None]:
        user, names = self.play.world.user_of(person), self.play.names()

        def look(barrier: Barrier) -> None:
            frappe.set_user(user)
            frappe.get_all("HBS Record", pluck="state", order_by="name")  # the transaction's snapshot is taken
            barrier.wait()
            check.seen(names)

        return look

    def _both_sign(self) -> None:
        batches = []
        for person in self.play.specialists[:2]:
            with acting_as(self.play.world.user_of(person)):
                batches.append(sign.confirm("gvbm", self.play.names(), self.play.pin(person)).name)
        frappe.db.commit()

        def run(batch: str) -> Callable[[Barrier], None]:
            def work(barrier: Barrier) -> None:
                frappe.get_all("HBS Record Version", pluck="sha256", order_by="name")
                barrier.wait()
                sign.run_batch(batch, keep_each=True)

            return work

        self.assertEqual(at_once(run(batches[0]), run(batches[1])), [])
        expected = 0
        for name in batches:
            batch = frappe.get_doc("HBS Signing Batch", name)
            self.assertEqual((batch.status, batch.signed), ("Done", batch.total))
            expected += batch.total
        versions = [frappe.db.get_value("HBS Record", name, "current_version") for name in self.play.names()]
        found = sum(bool(inner) for version in versions for inner in files.load(version)[1].slots.values())
        self.assertEqual(found, expected)
        self.assertEqual(files.changed_files(), [])
        self.assertEqual(audit.broken_entries(), [])

    def _older_file_does_not_replace_the_newer(self) -> None:
        from hocbaso_app.signing.sign import sign_slot

        frappe.local.hbs_trust = None
        trust.store()
        homeroom = self.play.school_class.homeroom
        staff = self.play.world.staff[homeroom.citizen_id]
        sha256 = frappe.db.get_value("HBS Certificate", {"staff": staff, "status": "Approved"}, "sha256")
        key = keys.open_key(sha256, self.play.pin(homeroom))
        own = [code for code, person in self.play.school_class.teachers.items() if person == homeroom]
        version = frappe.db.get_value("HBS Record", self.play.names()[0], "current_version")
        loaded = [files.load(version) for _ in range(2)]
        signed = [
            sign_slot(document, f"ky-mon-{code}", key, frappe.utils.now_datetime().astimezone())
            for (_version, document), code in zip(loaded, own, strict=False)
        ]
        files.grow(loaded[0][0], signed[0])
        with self.assertRaises(StepOrderError):
            files.grow(loaded[1][0], signed[1])
        self.assertEqual(files.load(version)[1].data, signed[0].data)
        frappe.db.rollback()


def _last_entry() -> int:
    return int(frappe.db.sql("select coalesce(max(name), 0) from `tabHBS Audit Entry`")[0][0])
