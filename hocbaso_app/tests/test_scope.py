"""Who sees what: two schools on one site, every kind of user, list and single document always of one mind."""

from __future__ import annotations

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.permissions.scoped import SCOPED_DOCTYPES
from hocbaso_app.setup import roles
from hocbaso_app.tests.world import Play, acting_as

OTHER = "31999977"


class TestScope(FrappeTestCase):
    """The property of decision 4: ``get_list`` equals all that ``has_permission`` allows."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=2)
        self.play.until("initialised")
        self.foreign = self._foreign_principal()

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}

    def _foreign_principal(self) -> str:
        unit = {"doctype": "HBS Unit", "code": OTHER, "unit_name": "Trường Tiểu học Khác", "kind": "School"}
        frappe.get_doc({**unit, "parent_hbs_unit": "31-HP", "valid_from": "2020-01-01"}).insert()
        return self._user("hieutruong.khac@example.invalid", roles.PRINCIPAL, OTHER)

    def _user(self, email: str, role: str, unit: str) -> str:
        user = {"doctype": "User", "email": email, "first_name": email, "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role}]}).insert(ignore_permissions=True)
        number = f"{999000000000 + frappe.db.count('HBS Staff Member')}"
        staff = {"doctype": "HBS Staff Member", "full_name": "Người Thử", "citizen_id": number, "unit": unit}
        frappe.get_doc({**staff, "user": email, "from_date": "2020-01-01"}).insert(ignore_permissions=True)
        return email

    def _users(self) -> list[str]:
        officer = self._user("canbo@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        department = self._user("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        auditor = self._user("giamsat@example.invalid", roles.AUDITOR, self.play.world.unit)
        idle = self._user("gv.khac@example.invalid", roles.SUBJECT_TEACHER, self.play.world.unit)
        own = [self.play.principal, self.play.clerk, self.play.homeroom]
        own += [self.play.world.user_of(person) for person in self.play.specialists]
        return [*own, officer, department, auditor, idle, self.foreign]

    def test_list_shows_exactly_what_documents_allow(self) -> None:
        users = self._users()
        for doctype in SCOPED_DOCTYPES:
            names = frappe.get_all(doctype, pluck="name", order_by="name")
            for user in users:
                with acting_as(user):
                    frappe.local.hbs_scopes = {}
                    if not frappe.has_permission(doctype, "read"):
                        continue
                    listed = set(frappe.get_list(doctype, pluck="name", limit_page_length=0, order_by="name"))
                    allowed = {n for n in names if frappe.get_doc(doctype, n).has_permission("read")}
                self.assertEqual(listed, allowed, f"{doctype} for {user}")

    def test_one_school_never_sees_the_other(self) -> None:
        with acting_as(self.foreign):
            for doctype in (
                "HBS Record",
                "HBS Record Version",
                "HBS Teaching Assignment",
                "HBS Certificate",
                "HBS Audit Entry",
            ):
                self.assertEqual(frappe.get_list(doctype), [], doctype)
            self.assertEqual(frappe.get_list("HBS Unit", pluck="name"), [OTHER])
            with self.assertRaises(frappe.PermissionError):
                frappe.get_doc("HBS Record", self.play.names()[0]).check_permission("read")

    def test_teacher_without_assignment_sees_no_record(self) -> None:
        idle = self._user("gv.moi@example.invalid", roles.SUBJECT_TEACHER, self.play.world.unit)
        with acting_as(idle):
            self.assertEqual(frappe.get_list("HBS Record"), [])

    def test_department_sees_its_schools(self) -> None:
        department = self._user("so2@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        with acting_as(department):
            self.assertEqual(frappe.get_list("HBS Record", pluck="name"), self.play.names())

    def test_system_manager_sees_no_record(self) -> None:
        user = {"doctype": "User", "email": "it@example.invalid", "first_name": "IT", "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": "System Manager"}]}).insert(ignore_permissions=True)
        with acting_as("it@example.invalid"):
            with self.assertRaises(frappe.PermissionError):
                frappe.get_list("HBS Record")
            self.assertIn(OTHER, frappe.get_list("HBS Unit", pluck="name"))

    def test_former_staff_sees_nothing(self) -> None:
        name = frappe.db.get_value("HBS Staff Member", {"user": self.play.clerk})
        doc = frappe.get_doc("HBS Staff Member", name)
        doc.to_date = frappe.utils.add_days(frappe.utils.today(), -1)
        doc.save()
        with acting_as(self.play.clerk):
            self.assertEqual(frappe.get_list("HBS Record"), [])

    def test_file_content_is_not_given_out_by_lists(self) -> None:
        version = frappe.get_all("HBS Record Version", pluck="name")[0]
        with acting_as(self.play.principal):
            rows = frappe.get_list("HBS Record Version", fields=["name", "content"])
            self.assertFalse(any(row.get("content") for row in rows))
            self.assertIsNone(frappe.client.get("HBS Record Version", version).get("content"))
