"""Two schools on one site: the other's records are out of reach by every path, and trying is logged."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, ClassVar

import frappe

from hocbaso_app.permissions.scoped import ROWS_OF, SCOPED_DOCTYPES
from hocbaso_app.setup import roles
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as

OTHER = "31999977"


def school_person(email: str, role: str, unit: str = OTHER, **duties: int) -> str:
    """A user of another school with one role and a staff entry."""
    user = {"doctype": "User", "email": email, "first_name": "Người Thử", "send_welcome_email": 0, "language": "vi"}
    frappe.get_doc({**user, "roles": [{"role": role}]}).insert(ignore_permissions=True)
    number = f"{999000000000 + frappe.db.count('HBS Staff Member')}"
    staff = {"doctype": "HBS Staff Member", "full_name": "Người Thử", "citizen_id": number, "unit": unit}
    frappe.get_doc({**staff, "user": email, "from_date": "2020-01-01", **duties}).insert(ignore_permissions=True)
    return email


def other_school() -> None:
    """Its unit, under the same office."""
    unit = {"doctype": "HBS Unit", "code": OTHER, "unit_name": "Trường Tiểu học Khác", "kind": "School"}
    frappe.get_doc({**unit, "parent_hbs_unit": "31-HP", "valid_from": "2020-01-01"}).insert(ignore_permissions=True)


class TestIsolation(CommittedTestCase):
    """The foreign principal and the foreign administrator against a school's released record."""

    play: ClassVar[Play]
    record: ClassVar[str]
    version: ClassVar[str]
    file: ClassVar[Any]
    principal: ClassVar[str]
    admin: ClassVar[str]
    browser: ClassVar[Browser]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=2)
        cls.record = cls.play.until("released")[0]
        cls.version = frappe.db.get_value("HBS Record", cls.record, "current_version")
        attached = {"attached_to_doctype": "HBS Record", "attached_to_name": cls.record, "is_private": 1}
        cls.file = frappe.get_doc({"doctype": "File", "file_name": "hbs-thu.txt", "content": "kín", **attached}).insert(
            ignore_permissions=True
        )
        other_school()
        cls.principal = school_person("hieutruong.khac@example.invalid", roles.PRINCIPAL, is_principal=1)
        cls.admin = school_person("quantri.khac@example.invalid", roles.SCHOOL_ADMIN)
        frappe.db.commit()
        cls.browser = Browser(cls.principal)

    def refusals(self) -> set[tuple[str, str]]:
        """What the log holds of the foreign principal."""
        rows = frappe.get_all(
            "HBS Refused Access",
            {"actor": self.principal, "unit": self.play.world.unit},
            ["reference_doctype", "reference_name"],
            order_by="name",
        )
        return {(row.reference_doctype, row.reference_name) for row in rows}

    def secrets(self) -> tuple[str, ...]:
        """What must stand in no answer."""
        doc = frappe.get_doc("HBS Record", self.record)
        return (doc.full_name, doc.pupil_code, doc.record_code, doc.citizen_id or doc.full_name)

    def assert_silent(self, answer: Any, what: str) -> None:
        """No value of the record in the answer."""
        text = answer.get_data(as_text=True) if hasattr(answer, "get_data") else json.dumps(answer, default=str)
        with suppress(ValueError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        for secret in self.secrets():
            self.assertNotIn(secret, text, what)

    @requirement("Y025")
    def test_over_http_every_path_is_refused_and_logged(self) -> None:
        call = "/api/method/"
        record = {"doctype": "HBS Record", "name": self.record}
        version = {"doctype": "HBS Record Version", "name": self.version}
        direct = [
            ("link to the form", "GET", f"{call}frappe.desk.form.load.getdoc", record),
            ("resource", "GET", f"/api/resource/HBS Record/{self.record}", {}),
            ("resource of the file", "GET", f"/api/resource/HBS Record Version/{self.version}", {}),
            ("resource v2", "GET", f"/api/v2/document/HBS Record/{self.record}", {}),
            ("client.get", "GET", f"{call}frappe.client.get", record),
            ("client.get of the file", "GET", f"{call}frappe.client.get", version),
            ("print", "GET", "/printview", {**record, "format": "Standard"}),
            ("print as HTML", "POST", f"{call}frappe.www.printview.get_html_and_style",
             {"doc": "HBS Record", "name": self.record}),
            ("PDF", "GET", f"{call}frappe.utils.print_format.download_pdf", record),
            ("attached file", "GET", self.file.file_url, {}),
            ("timeline", "GET", f"{call}frappe.desk.form.load.get_docinfo", record),
            ("comment", "POST", f"{call}frappe.desk.form.utils.add_comment",
             {"reference_doctype": "HBS Record", "reference_name": self.record, "content": "x",
              "comment_email": "x@example.invalid", "comment_by": "x"}),
            ("assignment", "POST", f"{call}frappe.desk.form.assign_to.add",
             {**record, "assign_to": json.dumps([self.principal])}),
            ("share", "POST", f"{call}frappe.share.add", {**record, "user": self.principal, "share": 1}),
            ("follow", "POST", f"{call}frappe.desk.form.document_follow.follow_document",
             {"doctype": "HBS Record", "doc_name": self.record, "user": self.principal}),
            ("mail", "POST", f"{call}frappe.core.doctype.communication.email.make",
             {**record, "recipients": self.principal, "send_email": 1, "attach_document_print": 1, "content": "x",
              "subject": "x"}),
        ]  # fmt: skip
        frappe.db.set_value("User", self.principal, "document_follow_notify", 1)
        frappe.db.commit()
        for what, method, path, values in direct:
            with self.subTest(what):
                frappe.db.delete("HBS Refused Access", {"actor": self.principal})
                frappe.db.commit()
                arguments = {"query_string": values} if method == "GET" else {"json": values}
                answer = self.browser.open(method, path, **arguments)
                self.assertIn(answer.status_code, (403, 404, 417), f"{what}: {answer.get_data(as_text=True)[:300]}")
                self.assert_silent(answer, what)
                self.assertTrue(self.refusals(), what)
        self.assertFalse(frappe.db.exists("DocShare", {"share_name": self.record}))
        self.assertFalse(frappe.db.exists("Document Follow", {"ref_docname": self.record}))

    @requirement("Y025")
    def test_over_http_lists_searches_reports_and_exports_are_empty(self) -> None:
        call = "/api/method/"
        name = frappe.db.get_value("HBS Record", self.record, "full_name")
        fields = json.dumps(["name", "full_name", "pupil_code", "record_code"])
        every = {"doctype": "HBS Record", "fields": fields}
        by_name = {"doctype": "HBS Record", "filters": json.dumps({"name": self.record})}
        asked: list[tuple[str, str, dict[str, Any]]] = [
            ("list", f"{call}frappe.desk.reportview.get", {**every, "start": 0, "page_length": 20}),
            ("list as rows", f"{call}frappe.desk.reportview.get_list", every),
            ("count", f"{call}frappe.desk.reportview.get_count", {"doctype": "HBS Record"}),
            ("resource list", "/api/resource/HBS Record", {"fields": fields}),
            ("client.get_list", f"{call}frappe.client.get_list", every),
            ("client.get_value", f"{call}frappe.client.get_value", {**by_name, "fieldname": "full_name"}),
            ("client.get_count", f"{call}frappe.client.get_count", by_name),
            ("rows of the form", f"{call}frappe.client.get_list",
             {"doctype": "HBS Record Result", "parent": "HBS Record", "fields": json.dumps(["remark", "parent"])}),
            ("link search", f"{call}frappe.desk.search.search_link", {"doctype": "HBS Record", "txt": name[:3]}),
            ("search", f"{call}frappe.desk.search.search_widget", {"doctype": "HBS Record", "txt": self.record}),
            ("link of one", f"{call}frappe.client.validate_link",
             {"doctype": "HBS Record", "docname": self.record, "fields": json.dumps(["full_name"])}),
            ("title of a link", f"{call}frappe.desk.search.get_link_title",
             {"doctype": "HBS Record", "docname": self.record}),
            ("global search", f"{call}frappe.utils.global_search.search", {"text": name}),
            ("tags", f"{call}frappe.desk.doctype.tag.tag.get_tagged_docs", {"doctype": "HBS Record", "tag": "%"}),
            ("statistics", f"{call}frappe.desk.reportview.get_sidebar_stats",
             {"doctype": "HBS Record", "stats": json.dumps(["_user_tags"]), "filters": "[]"}),
            ("groups", f"{call}frappe.desk.listview.get_group_by_count",
             {"doctype": "HBS Record", "current_filters": "[]", "field": "student_group"}),
            ("next", f"{call}frappe.desk.form.utils.get_next", {"doctype": "HBS Record", "value": "HBS-0", "prev": 0}),
            ("export", f"{call}frappe.desk.reportview.export_query",
             {"doctype": "HBS Record", "file_format_type": "CSV", "fields": json.dumps(["`tabHBS Record`.`full_name`"]),
              "title": "x"}),
            ("Excel of Data Export", f"{call}frappe.core.doctype.data_export.exporter.export_data",
             {"doctype": "HBS Record", "with_data": 1, "select_columns": json.dumps({"HBS Record": ["full_name"]})}),
        ]  # fmt: skip
        frappe.db.set_value("HBS Record", self.record, "_user_tags", ",nhan-thu", update_modified=False)
        frappe.db.commit()
        for what, path, values in asked:
            with self.subTest(what):
                answer = self.browser.get(path, **values)
                self.assert_silent(answer, what)
                text = answer.get_data(as_text=True)
                if answer.status_code == 200:
                    self.assertNotIn(self.record, text, f"{what}: {text[:300]}")
                self.assertNotIn("nhan-thu", text, what)
                if "count" in path and answer.status_code == 200:
                    self.assertFalse(sum(c for c in _numbers(json.loads(text).get("message"))), f"{what}: {text}")

    def test_reports_of_this_app_are_empty_for_the_other_school(self) -> None:
        for report in frappe.get_all(
            "Report", {"module": "HocBaSo App", "is_standard": "Yes"}, pluck="name", order_by="name"
        ):
            with self.subTest(report):
                answer = self.browser.get("/api/method/frappe.desk.query_report.run", report_name=report, filters="{}")
                self.assert_silent(answer, report)
                self.assertNotIn(self.record, answer.get_data(as_text=True))

    def test_nothing_of_the_other_school_is_changed(self) -> None:
        staff = frappe.db.get_value("HBS Staff Member", {"unit": self.play.world.unit})
        assignment = frappe.db.get_value("HBS Teaching Assignment", {"unit": self.play.world.unit})
        certificate = frappe.db.get_value("HBS Certificate", {"unit": self.play.world.unit})
        admin = Browser(self.admin)
        call = "/api/method/"
        tries = [
            ("take a person over", "PUT", f"/api/resource/HBS Staff Member/{staff}", {"unit": OTHER}),
            ("take an assignment over", "PUT", f"/api/resource/HBS Teaching Assignment/{assignment}", {"unit": OTHER}),
            ("take a certificate over", "PUT", f"/api/resource/HBS Certificate/{certificate}", {"unit": OTHER}),
            ("give a unit another name", "PUT", f"/api/resource/HBS Unit/{self.play.world.unit}", {"unit_name": "X"}),
            ("delete an assignment", "DELETE", f"/api/resource/HBS Teaching Assignment/{assignment}", {}),
            ("a foreign record", "PUT", f"/api/resource/HBS Record/{self.record}", {"unit": OTHER}),
            ("a whole document", "POST", f"{call}frappe.client.save",
             {"doc": {"doctype": "HBS Staff Member", "name": staff, "unit": OTHER, "full_name": "X",
                      "citizen_id": "999000000777", "from_date": "2020-01-01"}}),
            ("a foreign person into the own school", "POST", "/api/resource/HBS Teaching Assignment",
             {"unit": OTHER, "staff": staff, "student_group": self.play.group, "kind": "Homeroom",
              "academic_year": self.play.school.school_year, "from_date": "2020-01-01"}),
            ("tag", "POST", f"{call}frappe.desk.doctype.tag.tag.add_tag",
             {"tag": "x", "dt": "HBS Record", "dn": self.record}),
            ("like", "POST", f"{call}frappe.desk.like.toggle_like",
             {"doctype": "HBS Record", "name": self.record, "add": "Yes"}),
            ("attach a file", "POST", "/api/resource/File",
             {"file_name": "x.txt", "content": "x", "attached_to_doctype": "HBS Record",
              "attached_to_name": self.record, "is_private": 1}),
        ]  # fmt: skip
        before = self._state(staff, assignment, certificate)
        for what, method, path, values in tries:
            with self.subTest(what):
                answer = admin.open(method, path, json=values)
                self.assertIn(answer.status_code, (403, 404, 417), f"{what}: {answer.get_data(as_text=True)[:300]}")
                self.assertEqual(self._state(staff, assignment, certificate), before, what)

    def _state(self, *names: str) -> list[Any]:
        doctypes = ("HBS Staff Member", "HBS Teaching Assignment", "HBS Certificate")
        docs = [frappe.get_doc(d, n).as_dict() for d, n in zip(doctypes, names, strict=True)]
        docs += [frappe.get_doc("HBS Unit", self.play.world.unit).as_dict()]
        docs += [frappe.get_doc("HBS Record", self.record).as_dict()]
        return [{k: str(v) for k, v in doc.items()} for doc in docs]

    def test_own_school_reads_by_the_same_paths(self) -> None:
        """The refusals above are about the school, not about the path."""
        own = Browser(self.play.principal)
        name = frappe.db.get_value("HBS Record", self.record, "full_name")
        self.assertIn(name, own.get(f"/api/resource/HBS Record/{self.record}").json["data"]["full_name"])
        found = own.get("/api/method/frappe.desk.form.load.getdoc", doctype="HBS Record", name=self.record)
        self.assertEqual(found.json["docs"][0]["full_name"], name)
        self.assertEqual(own.get(self.file.file_url).status_code, 200)
        self.assertFalse(frappe.get_all("HBS Refused Access", {"actor": self.play.principal}, order_by="name"))

    def test_teacher_opens_the_form_without_rights_on_pupils(self) -> None:
        """Education's Student stays closed; only the name in the link is shown, of pupils whose record one reads."""
        teacher = Browser(self.play.homeroom)
        student = frappe.db.get_value("HBS Record", self.record, "student")
        call = "/api/method/frappe.desk."
        for doctype in ("HBS Record", "HBS Record Result"):
            self.assertEqual(teacher.get(f"{call}form.load.getdoctype", doctype=doctype).status_code, 200)
        opened = teacher.get(f"{call}form.load.getdoc", doctype="HBS Record", name=self.record)
        self.assertEqual(opened.status_code, 200)
        asked = {"doctype": "Student", "docname": student}
        name = frappe.db.get_value("Student", student, "student_name")
        shown = teacher.get(f"{call}search.get_link_title", **asked)
        self.assertIn(shown.json["message"], (name, student))
        self.assert_silent(self.browser.get(f"{call}search.get_link_title", **asked), "name of a foreign pupil")
        self.assertEqual(teacher.get(f"/api/resource/Student/{student}").status_code, 403)

    def test_linked_documents_are_not_given_out_whole(self) -> None:
        own = Browser(self.play.principal)
        answer = own.get(f"/api/resource/HBS Record/{self.record}", expand_links=1)
        self.assertEqual(answer.status_code, 403)

    def test_files_of_records_are_private(self) -> None:
        own = Browser(self.play.principal)
        attached = {"attached_to_doctype": "HBS Record", "attached_to_name": self.record}
        answer = own.post("/api/resource/File", file_name="y.txt", content="y", is_private=0, **attached)
        self.assertEqual(answer.status_code, 417)

    def test_every_document_with_a_unit_and_all_its_rows_are_in_the_scope(self) -> None:
        """A new DocType is forgotten here, not on a school's site."""
        queries, single = frappe.get_hooks("permission_query_conditions"), frappe.get_hooks("has_permission")
        for doctype in frappe.get_all("DocType", {"module": "HocBaSo App"}, pluck="name", order_by="name"):
            meta = frappe.get_meta(doctype)
            if not (meta.istable or meta.issingle) and meta.has_field("unit"):
                self.assertIn(doctype, SCOPED_DOCTYPES)
            if doctype in SCOPED_DOCTYPES:
                self.assertIn(doctype, queries)
                self.assertIn(doctype, single)
                rows = {field.options for field in meta.get_table_fields()}
                self.assertEqual({ROWS_OF.get(row) for row in rows} - {doctype}, set(), doctype)
                self.assertLessEqual(rows, set(queries))

    def test_guest_gets_nothing(self) -> None:
        guest = Browser()
        for path in (
            f"/api/resource/HBS Record/{self.record}",
            "/api/resource/HBS Record",
            f"/api/resource/HBS Record Version/{self.version}",
            self.file.file_url,
        ):
            answer = guest.get(path)
            self.assertIn(answer.status_code, (401, 403), path)
            self.assert_silent(answer, path)

    def test_versions_of_the_forms_history_are_closed_too(self) -> None:
        it = {"doctype": "User", "email": "it@example.invalid", "first_name": "IT", "send_welcome_email": 0}
        frappe.get_doc({**it, "roles": [{"role": "System Manager"}]}).insert(ignore_permissions=True)
        change = {"doctype": "Version", "ref_doctype": "HBS Record", "docname": self.record, "data": '{"changed": []}'}
        entry = frappe.get_doc(change).insert(ignore_permissions=True)
        with acting_as("it@example.invalid"):
            self.assertNotIn(entry.name, frappe.get_list("Version", pluck="name", limit_page_length=0))
            self.assertFalse(frappe.get_doc("Version", entry.name).has_permission("read"))


def _numbers(message: Any) -> list[int]:
    if isinstance(message, list):
        return [row.get("count", 0) for row in message if isinstance(row, dict)]
    return [message] if isinstance(message, int) else []
