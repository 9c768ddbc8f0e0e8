"""What a signer sees before he signs: his own parts, the very bytes, what is odd, what changed."""

from __future__ import annotations

import base64
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.services import check, files, initialise, sign
from hocbaso_app.services.signing import desk, looks, preview
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.tests.world import Play, acting_as

MATHS = "01"


class TestLook(FrappeTestCase):
    """A class of ten; every test starts where the first left its world and is rolled back to there."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=10, grade=4)
        cls.play.until("checked")
        cls.names = cls.play.names()
        cls.homeroom = cls.play.school_class.homeroom

    @classmethod
    def tearDownClass(cls) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        super().tearDownClass()

    def setUp(self) -> None:
        frappe.db.savepoint("before_look")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="before_look")
        frappe.local.hbs_scopes = {}

    def pupils(self, user: str, stage: str = "gvbm") -> dict[str, dict[str, Any]]:
        with acting_as(user):
            return {row["record"]: row for row in desk.pupils(user, stage, self.play.group)["pupils"]}

    def codes(self, user: str, name: str, stage: str = "gvbm") -> list[str]:
        return [reason["code"] for reason in self.pupils(user, stage)[name]["reasons"]]

    def subjects_of(self, person: Any) -> set[str]:
        return {code for code, teacher in self.play.school_class.teachers.items() if teacher == person}

    def change(self, name: str, code: str = MATHS, **values: Any) -> None:
        """The record is returned, one subject mended by its teacher, initialised and checked again."""
        teacher = self.play.world.user_of(self.play.school_class.teachers[code])
        with acting_as(self.play.principal):
            check.return_record(name, "Xem lại kết quả môn Toán")
        with acting_as(teacher):
            doc = frappe.get_doc("HBS Record", name)
            next(row for row in doc.results if row.subject_code == code).update(values)
            doc.save()
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        for person in teachers_of(self.play.school_class):
            with acting_as(self.play.world.user_of(person)):
                check.seen([name])

    def test_a_teacher_is_shown_his_own_parts_only(self) -> None:
        for person in teachers_of(self.play.school_class):
            rows = self.pupils(self.play.world.user_of(person))
            self.assertEqual(sorted(rows), self.names)
            names = {row.subject_name: row.subject_code for row in frappe.get_doc("HBS Record", self.names[0]).results}
            for row in rows.values():
                self.assertEqual({names[label] for label in row["parts"]}, self.subjects_of(person))
        for stage, user in (("gvcn", self.play.homeroom), ("cbql", self.play.principal), ("gvbm", self.play.principal)):
            self.assertEqual(self.pupils(user, stage), {})

    def test_a_batch_of_another_teacher_holds_up_nobody(self) -> None:
        """Its values are on the way into the same files: only its own parts are taken."""
        one, other = teachers_of(self.play.school_class)[:2]
        logins = [self.play.world.user_of(person) for person in (one, other)]
        before = self.pupils(logins[1])
        with acting_as(logins[0]):
            sign.confirm("gvbm", self.names, self.play.pin(one))
            self.assertEqual(desk.overview(logins[0]), [])
        self.assertTrue(all(row["in_hand"] for row in self.pupils(logins[0]).values()))
        after = self.pupils(logins[1])
        self.assertEqual([row["in_hand"] for row in after.values()], [None] * len(self.names))
        self.assertEqual([row["parts"] for row in after.values()], [row["parts"] for row in before.values()])
        with acting_as(logins[1]):
            self.assertEqual([row["pupils"] for row in desk.overview(logins[1])], [len(self.names)])

    def test_the_page_is_made_from_the_very_bytes(self) -> None:
        name = self.names[0]
        version = frappe.get_doc(files.DOCTYPE, frappe.db.get_value("HBS Record", name, "current_version"))
        with acting_as(self.play.homeroom):
            page = preview.look(name, "gvbm")
        self.assertEqual(page["sha256"], version.sha256)
        opening = {"user": self.play.homeroom, "record": name, "version": version.name}
        self.assertEqual(frappe.db.count("HBS Access Log", opening), 1)
        self.assertEqual(page["size"], len(base64.b64decode(version.content)))
        maths = next(row for row in frappe.get_doc("HBS Record", name).results if row.subject_code == MATHS)
        self.assertIn(maths.remark, page["html"])
        self.assertIn("default-src 'none'", page["html"])
        self.assertNotIn("<script", page["html"])
        for code in self.play.school_class.teachers:
            framed = f'tr[data-part="mon-{code}"] {{ outline' in page["html"]
            self.assertEqual(framed, code in self.subjects_of(self.homeroom), code)

        frappe.db.set_value("HBS Record Result", maths.name, "remark", "Sửa thẳng trên màn hình")
        with acting_as(self.play.homeroom):
            self.assertIn(maths.remark, preview.look(name, "gvbm")["html"])
        frappe.db.set_value(files.DOCTYPE, version.name, "content", "A" + version.content[1:])
        with acting_as(self.play.homeroom), self.assertRaises(EvidenceError):
            preview.look(name, "gvbm")

    def test_nobody_else_gets_the_page(self) -> None:
        other = next(c for c in self.play.school.classes if c.grade == 5).homeroom
        with acting_as(self.play.world.user_of(other)), self.assertRaises(frappe.PermissionError):
            preview.look(self.names[0], "gvbm")

    def test_changes_since_the_last_look_are_marked_until_looked_at(self) -> None:
        name, user = self.names[1], self.play.homeroom
        with acting_as(user):
            self.assertEqual(preview.look(name, "gvbm")["changes"], [])
            old = next(row for row in frappe.get_doc("HBS Record", name).results if row.subject_code == MATHS).remark
        self.change(name, remark="Em tính toán cẩn thận, trình bày rõ ràng.")
        frappe.db.delete("HBS Audit Entry", {"actor": user, "action": "seen"})  # as if the check was long ago
        self.assertIn("CHANGED", self.codes(user, name))
        self.assertIn("RETURNED", self.codes(user, name))
        self.assertEqual(next(iter(self.pupils(user))), name)
        with acting_as(user):
            page = preview.look(name, "gvbm")
            again = preview.look(name, "gvbm")
        self.assertEqual(
            [(c["part"], c["old"], c["new"], c["mine"]) for c in page["changes"]],
            [("Toán", old, "Em tính toán cẩn thận, trình bày rõ ràng.", True)],
        )
        self.assertIn(f'tr[data-part="mon-{MATHS}"] td', page["html"])
        self.assertEqual(again["changes"], [])
        self.assertNotIn("CHANGED", self.codes(user, name))

    def test_what_is_odd_stands_first_and_says_why(self) -> None:
        names, user = self.names, self.play.homeroom
        self.change(names[8], remark="Em [tên] làm bài tốt.")
        row = {"parent": names[7], "subject_code": MATHS}
        frappe.db.set_value("HBS Record Result", row, {"score": "1", "level": "H"})
        rows = self.pupils(user)
        self.assertEqual(set(list(rows)[:2]), {names[7], names[8]})
        codes = {reason["code"]: reason["text"] for reason in rows[names[7]]["reasons"]}
        self.assertIn("Toán", codes["LEVEL_AND_SCORE"])
        self.assertIn("Toán", codes["FAR_FROM_CLASS"])
        codes = {reason["code"]: reason["text"] for reason in rows[names[8]]["reasons"]}
        self.assertIn("Xem lại kết quả môn Toán", codes["RETURNED"])
        self.assertIn("REMARK_PLACEHOLDER", codes)
        own = self.subjects_of(self.homeroom)
        other = next(teacher for code, teacher in self.play.school_class.teachers.items() if code not in own)
        seen_by_other = self.codes(self.play.world.user_of(other), names[7])
        self.assertEqual(set(seen_by_other) & {"FAR_FROM_CLASS", "LEVEL_AND_SCORE"}, set())

    def test_the_whole_record_is_judged_in_later_stages(self) -> None:
        self.play.sign_subjects()
        for name, values in {
            self.names[2]: {"citizen_id": None},
            self.names[3]: {"promoted": "No", "grade_completed": "No"},
            self.names[4]: {"issue_number": 2},
            self.names[5]: {"honesty": "C"},
        }.items():
            frappe.db.set_value("HBS Record", name, values)
        codes = {name: set(self.codes(self.play.homeroom, name, "gvcn")) for name in self.names}
        self.assertIn("NO_CITIZEN_ID", codes[self.names[2]])
        self.assertLessEqual({"NOT_PROMOTED", "NOT_COMPLETED"}, codes[self.names[3]])
        self.assertIn("REISSUED", codes[self.names[4]])
        self.assertIn("QUALITY_C", codes[self.names[5]])
        self.assertEqual(codes[self.names[0]] & {"NO_CITIZEN_ID", "REISSUED"}, set())

    def test_the_consent_tells_how_many_were_opened(self) -> None:
        with acting_as(self.play.homeroom):
            preview.look(self.names[0], "gvbm")
            preview.look(self.names[1], "gvbm")
            batch, _to_be_signed = sign.open_batch("gvbm", self.names)
        self.assertRegex(batch.consent, r"\b2 (of|trên) 10\b")
        version = frappe.db.get_value("HBS Record", self.names[0], "current_version")
        self.assertEqual(looks.opened(self.play.homeroom, [version]), {version})
        self.assertEqual(looks.opened(self.play.principal, [version]), set())
