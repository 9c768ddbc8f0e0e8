"""The night watch: every kept file verified again in full, a share a night; who must know is told what is found."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

from hocbaso_app.jobs import night_watch as job
from hocbaso_app.jobs import nightly
from hocbaso_app.services import evidence, trust
from hocbaso_app.services.night_watch import kept, queue, state, watch
from hocbaso_app.setup import roles
from hocbaso_app.signing.cose import SealError
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.untouched import UntouchedTestCase
from hocbaso_app.tests.world import Play, acting_as

CHECK = queue.DOCTYPE


class TestNightWatch(UntouchedTestCase):
    """A class with released records, another one whose files are half signed."""

    play: ClassVar[Play]
    version: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play = Play(pupils=3, grade=2)
        cls.record = cls.play.until("released")[0]
        cls.version = frappe.db.get_value("HBS Record", cls.record, "current_version")
        cls.signing = Play(pupils=2, grade=4)
        cls.signing.world.pins.update(cls.play.world.pins)
        cls.signing.until("subjects")
        cls.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        cls.admin = school_person("qt@example.invalid", roles.SCHOOL_ADMIN, cls.play.world.unit)
        other_school()
        cls.stranger = school_person("ht.khac@example.invalid", roles.PRINCIPAL, OTHER)

    def all_seen(self) -> watch.Run:
        """Everything once."""
        return watch.run(most=queue.total())

    def told(self, user: str) -> int:
        return frappe.db.count("Notification Log", {"for_user": user, "document_type": "HBS Finding"})

    def change(self, old: bytes, new: bytes, *, with_hash: bool) -> None:
        """The released file, below Frappe."""
        data = base64.b64decode(frappe.db.get_value(kept.VERSION, self.version, "content"))
        changed = data.replace(old, new, 1)
        self.assertNotEqual(changed, data)
        content = base64.b64encode(changed).decode()
        frappe.db.sql("update `tabHBS Record Version` set content = %s where name = %s", (content, self.version))
        if with_hash:
            sha256 = hashlib.sha256(changed).hexdigest()
            frappe.db.sql("update `tabHBS Record Version` set sha256 = %s where name = %s", (sha256, self.version))

    def test_all_files_of_an_untouched_site_are_right(self) -> None:
        outcome = self.all_seen()
        self.assertEqual((outcome.seen, outcome.right, outcome.found), (5, 5, []))
        rows = frappe.get_all(CHECK, fields=["verdict", "checked_at", "right_at"], order_by="name")
        self.assertEqual({row.verdict for row in rows}, {"Found right"})
        self.assertTrue(all(row.checked_at and row.right_at for row in rows))
        self.assertEqual(frappe.get_all("HBS Finding"), [])

    @requirement("Y034")
    def test_each_way_to_be_wrong_has_its_own_sentence(self) -> None:
        """A changed value under an adapted hash, a foreign signature value, a file of another environment."""
        for old, new, sentence in (
            (b"<DUOC_LEN_LOP>1<", b"<DUOC_LEN_LOP>0<", "thay đổi"),
            (b"<SignatureValue>", b"<SignatureValue>AAAA", "thể thức"),
            (b"</ND_HOC_BA>", b"</ND_HOC_BA> ", ""),
        ):
            with self.subTest(new):
                frappe.db.savepoint("one_way")
                if old in base64.b64decode(frappe.db.get_value(kept.VERSION, self.version, "content")):
                    self.change(old, new, with_hash=True)
                    found = self.all_seen().found
                    self.assertEqual([(f.kind, f.name) for f in found], [(evidence.NOT_VALID, self.version)])
                    self.assertIn(sentence, found[0].explanation)
                frappe.db.rollback(save_point="one_way")

    @requirement("Y028", "Y046")
    def test_bytes_hash_and_trail_changed_together_are_found_and_told(self) -> None:
        """Whoever adapts the hash and the whole trail still has no key."""
        self.change(b"<DUOC_LEN_LOP>1<", b"<DUOC_LEN_LOP>0<", with_hash=True)
        self.assertEqual(len(self.all_seen().found), 1)
        self.assertEqual(frappe.db.get_value(CHECK, self.version, "verdict"), "Broken")
        self.assertEqual([self.told(u) for u in (self.play.principal, self.department, self.stranger)], [1, 1, 0])
        self.assertEqual(self.all_seen().found, [], "the same finding is kept once")

    def test_changed_bytes_are_one_finding_with_the_nightly_check(self) -> None:
        self.change(b"<DUOC_LEN_LOP>1<", b"<DUOC_LEN_LOP>0<", with_hash=False)
        self.assertEqual([f.kind for f in self.all_seen().found], [evidence.FILE_CHANGED])
        self.assertEqual(nightly.verify_evidence(), [])

    def test_a_lost_file_that_was_seen_is_found(self) -> None:
        self.all_seen()
        frappe.db.sql("delete from `tabHBS Record Version` where name = %s", self.version)
        frappe.db.sql(f"update `tab{CHECK}` set checked_at = %s", add_to_date(now_datetime(), days=-2))
        found = self.all_seen().found
        self.assertEqual([(f.kind, f.name) for f in found], [(evidence.FILE_MISSING, self.version)])

    def test_missing_trust_data_is_another_kind_told_once_to_who_keeps_it(self) -> None:
        known = TrustStore.load(trust.folder())
        frappe.local.hbs_trust = TrustStore(
            known.roots, known.intermediates, (), known.registry, known.department_certificate
        )
        found = self.all_seen().found
        self.assertEqual({f.kind for f in found}, {evidence.TRUST_MISSING})
        self.assertEqual(len(found), 1, [f.explanation for f in found])
        self.assertIn("CRL", found[0].explanation)
        self.assertEqual({row.verdict for row in frappe.get_all(CHECK, fields="verdict")}, {"Trust data missing"})
        self.assertEqual([self.told(u) for u in (self.admin, self.department, self.stranger)], [1, 1, 0])
        trail = frappe.get_all("HBS Audit Entry", pluck="action", order_by="name desc", limit=1)
        self.assertEqual(trail, ["trust data missing"])
        frappe.local.hbs_trust = known
        frappe.db.sql(f"update `tab{CHECK}` set checked_at = %s", add_to_date(now_datetime(), days=-2))
        self.assertEqual(self.all_seen().right, 5, "once it is back, everything is right again by itself")

    def test_a_broken_trust_folder_makes_no_file_wrong(self) -> None:
        def broken() -> Any:
            raise SealError("X", "Danh sách hỏng.", "damaged")

        with patch.object(trust, "store", broken):
            found = self.all_seen().found
        self.assertEqual([(f.kind, f.name) for f in found], [(evidence.TRUST_MISSING, self.play.world.unit)])

    def test_the_newest_first_then_the_longest_unseen(self) -> None:
        names = frappe.get_all(kept.VERSION, pluck="name", order_by="creation desc, name desc")
        self.assertEqual([name for _doctype, name in queue.turns(9)], names)
        self.all_seen()
        ago = dict(zip(names, (3, 5, 2, 4, 1), strict=True))
        for name, days in ago.items():
            moment = add_to_date(now_datetime(), days=-days)
            frappe.db.sql(f"update `tab{CHECK}` set checked_at = %s where name = %s", (moment, name))
        order = [name for _doctype, name in queue.turns(9)]
        self.assertEqual(order, sorted(names, key=lambda name: -ago[name]))
        frappe.db.sql(f"update `tab{CHECK}` set sha256 = 'x' where name = %s", names[4])
        self.assertEqual(next(queue.turns(9))[1], names[4], "a changed file is as good as never seen")

    def test_a_look_dated_in_the_future_is_none(self) -> None:
        self.all_seen()
        later = add_to_date(now_datetime(), days=400)
        frappe.db.sql(f"update `tab{CHECK}` set checked_at = %s where name = %s", (later, self.version))
        self.assertEqual([name for _doctype, name in queue.turns(9)], [self.version])

    def test_each_night_a_share_and_all_within_the_days(self) -> None:
        frappe.db.set_single_value("HBS Settings", "watch_days", 3)
        frappe.db.set_single_value("HBS Settings", "watch_seconds", 60)
        real, seen = now_datetime(), list[int]()
        for night in range(3):
            at = real + timedelta(days=night)
            with (
                patch.object(queue, "now_datetime", lambda at=at: at),
                patch.object(watch, "now_datetime", lambda at=at: at),
            ):
                self.assertEqual(queue.share(), 2)
                seen.append(watch.run().seen)
                self.assertEqual(watch.run().seen, 0, "the night's share is done")
        self.assertEqual(seen, [2, 2, 2])
        self.assertEqual(frappe.db.count(CHECK), 5)

    def test_a_run_ends_with_its_time_and_the_next_goes_on(self) -> None:
        clock = iter(range(0, 1000, 10))
        later = SimpleNamespace(monotonic=lambda: next(clock))
        with patch.object(watch, "AT_ONCE", 1), patch.object(watch, "time", later):
            first = watch.run(25, most=5)
        self.assertEqual((first.seen, first.done), (2, False))
        rest = self.all_seen()
        self.assertEqual(frappe.db.count(CHECK), 5)
        self.assertGreaterEqual(rest.seen, 3)

    def test_a_killed_run_loses_nothing_but_its_last_few(self) -> None:
        def killed(*_args: Any) -> Any:
            raise SystemExit

        with patch.object(watch, "AT_ONCE", 2):
            real, count = watch._look, [0]

            def look(*args: Any) -> None:
                count[0] += 1
                (real if count[0] < 2 else killed)(*args)

            with patch.object(watch, "_look", look), self.assertRaises(SystemExit):
                self.all_seen()
            self.assertEqual(frappe.db.count(CHECK), 2)
            self.all_seen()
        self.assertEqual(frappe.db.count(CHECK), 5)

    def test_a_site_that_does_not_keep_up_says_so(self) -> None:
        self.assertEqual(state.warn_when_behind(), 0)
        past = add_to_date(now_datetime(), days=-9)
        frappe.db.sql("update `tabHBS Record Version` set creation = %s", past)
        self.assertEqual(state.warn_when_behind(), 5)
        self.assertEqual(state.warn_when_behind(), 5)
        where = {"for_user": self.admin, "document_type": "HBS Settings"}
        self.assertEqual(frappe.db.count("Notification Log", where), 1)

    def test_the_file_itself_stays_as_it_is(self) -> None:
        before = frappe.db.sql("select * from `tabHBS Record Version` order by name")
        self.all_seen()
        self.assertEqual(frappe.db.sql("select * from `tabHBS Record Version` order by name"), before)

    def test_the_state_is_shown_in_ones_scope(self) -> None:
        self.all_seen()
        with acting_as(self.play.principal):
            (row,) = state.by_unit(self.play.principal)
        self.assertEqual((row["files"], row["recent"], row["broken"], row["unseen"]), (5, 5, 0, 0))
        self.assertEqual(state.by_unit(self.stranger), [])
        checked: Any = state.of_file(self.version)
        self.assertEqual(checked["verdict"], "Found right")
        released = get_datetime(frappe.db.get_value(kept.VERSION, self.version, "released_on"))
        self.assertLessEqual(abs((checked["as_of"] - released).total_seconds()), 1)

    def test_it_runs_at_night(self) -> None:
        cron = frappe.get_hooks("scheduler_events")["cron"]
        self.assertIn("hocbaso_app.jobs.night_watch.wake", cron["*/10 22-23,0-5 * * *"])
        self.assertTrue(queue.share() > queue.seen_tonight() and job.run()["seen"])
