"""Evidence on a real site: neither changed nor taken away, whoever tries, whatever right he was given, by any path."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import frappe

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.hocbaso_app.documents import EvidenceDocument, FormRow, KeptDocument
from hocbaso_app.permissions.scoped import ROWS_OF
from hocbaso_app.setup import roles
from hocbaso_app.tests import ways
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.recall_case import one_case
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.signers import play_with_authority
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as

CHANGED = {
    "HBS Record": ("homeroom_remark", "Nhận xét khác"),
    "HBS Record Version": ("content", "QQ=="),
    "HBS Audit Entry": ("action", "khác"),
    "HBS Signing Batch": ("consent", "khác"),
    "HBS Summary Confirmation": ("minutes_number", "99/BB"),
    "HBS Certificate": ("sha256", "0" * 64),
    "HBS Refused Access": ("actor", "khác"),
    "HBS Finding": ("explanation", "khác"),
    "HBS Access Log": ("user", "khác"),
    "HBS Submission": ("receipt_number", "khác"),
    "HBS Queue Hold": ("reason", "khác"),
    "HBS Recall Case": ("note", "khác"),
    "HBS Received Record": ("content", "QQ=="),
    "HBS Notice": ("text", "khác"),
    "HBS Notice Receipt": ("read_by", "khác"),
    "HBS Frozen Report": ("made_by", "khác"),
    "HBS Rehearsal": ("ready", 99),
    "HBS Signing Pattern": ("sentence", "khác"),
    "HBS Daily Root": ("root", "0" * 64),
    "HBS File Check": ("verdict", "Broken"),
    "HBS Evidence": ("proved_at", "2020-01-01 00:00:00"),
    "HBS Evidence Part": ("content", "QQ=="),
}
"""Kind of evidence → a field and what somebody would like it to be."""

REFUSALS = (frappe.ValidationError, frappe.PermissionError, frappe.DuplicateEntryError, frappe.LinkExistsError)
"""What a refusal looks like; anything else is a test that did not call what it meant to."""


class TestImmutability(CommittedTestCase):
    """One released record and the evidence around it."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]
    names: ClassVar[dict[str, str]]
    users: ClassVar[dict[str, str]]

    @classmethod
    def make_world(cls) -> None:
        from hocbaso_app.services import access, evidence, holds, refused
        from hocbaso_app.services.rehearsal import run as rehearsal

        cls.play, cls.ca = play_with_authority(pupils=1, grade=1)
        play = cls.play
        record = play.until("released")[0]
        version = frappe.db.get_value("HBS Record", record, "current_version")
        refused.note("HBS Record", record, play.world.unit, "ai-do@example.invalid", "/api")
        evidence.note(evidence.Finding("File changed", "HBS Record Version", version, play.world.unit, "thử"))
        access.note(frappe.get_doc("HBS Record", record), access.OPENED, access.FORM)
        case = one_case(record)
        cls.names = {
            "HBS Recall Case": case,
            "HBS Received Record": frappe.db.get_value("HBS Recall Case", case, "received_record"),
            "HBS Record": record,
            "HBS Record Version": version,
            "HBS Audit Entry": str(frappe.get_last_doc("HBS Audit Entry", {"unit": play.world.unit}).name),
            "HBS Signing Batch": frappe.get_last_doc("HBS Signing Batch").name,
            "HBS Summary Confirmation": frappe.get_last_doc("HBS Summary Confirmation").name,
            "HBS Certificate": frappe.db.get_value("HBS Certificate", {"holder_kind": "Unit", "unit": play.world.unit}),
            "HBS Refused Access": str(frappe.get_last_doc("HBS Refused Access").name),
            "HBS Finding": str(frappe.get_last_doc("HBS Finding").name),
            "HBS Access Log": str(frappe.get_last_doc("HBS Access Log").name),
            "HBS Submission": frappe.db.get_value("HBS Submission", {"record": record}),
            "HBS Queue Hold": holds.hold(play.world.unit, "Thử: trường đổi đường truyền"),
            "HBS Frozen Report": cls.make_report(),
            "HBS Rehearsal": rehearsal.rehearse(play.world.unit).name,
            "HBS Signing Pattern": cls.make_pattern(),
            **cls.watch(play.world.unit, version),
            **cls.make_notice(),
        }
        cls.users = {
            roles.PRINCIPAL: play.principal,
            roles.CLERK: play.clerk,
            roles.HOMEROOM_TEACHER: play.homeroom,
            roles.SUBJECT_TEACHER: play.world.user_of(play.specialists[0]),
            roles.SCHOOL_ADMIN: frappe.db.get_value("User", {"email": ("like", "quantri@%")}),
            roles.AUDITOR: school_person("giamsat@example.invalid", roles.AUDITOR, play.world.unit),
            roles.OFFICE_OFFICER: school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP"),
            roles.DEPARTMENT_OFFICER: school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31"),
            "System Manager": school_person("it@example.invalid", "System Manager", play.world.unit),
            "Administrator": "Administrator",
        }
        cls.give_every_right()

    @classmethod
    def watch(cls, unit: str, version: str) -> dict[str, str]:
        """A night of it, with a time-stamping service of the same authority."""
        from hocbaso_app.services.long_term import book, making, parts
        from hocbaso_app.services.night_watch import watch
        from hocbaso_app.services.roots import nightly

        watch.run(most=5)
        assert making.run(TimestampAuthority.of(cls.ca).stamp_digest).made
        return {
            "HBS File Check": version,
            "HBS Daily Root": nightly.run(unit)[0],
            "HBS Evidence": str(frappe.get_last_doc(book.DOCTYPE, {"kept_name": version}).name),
            "HBS Evidence Part": str(frappe.get_last_doc(parts.DOCTYPE).name),
        }

    @classmethod
    def make_report(cls) -> str:
        from hocbaso_app.services.frozen import figures, making

        asked = figures.Asked(cls.play.world.unit, cls.play.school.school_year, frappe.utils.now_datetime())
        return making.freeze(figures.PROGRESS, asked)

    @classmethod
    def make_pattern(cls) -> str:
        """Somebody signed at night."""
        from hocbaso_app.services.patterns import finding, looking

        batch = frappe.get_last_doc("HBS Signing Batch")
        rows = [frappe._dict(name=batch.name, signer=batch.signer, consent_at=batch.consent_at)]
        seen = looking.pattern(looking.NIGHT, 10, "Thử.", rows)
        return str(finding.keep(cls.play.world.unit, seen, of_principal=False).name)

    @classmethod
    def make_notice(cls) -> dict[str, str]:
        """Sent by the principal to a teacher."""
        from hocbaso_app.services.notices import writing

        staff = cls.play.world.staff[cls.play.specialists[0].citizen_id]
        notice = {"doctype": "HBS Notice", "unit": cls.play.world.unit, "title": "Họp", "text": "Chiều thứ hai"}
        with acting_as(cls.play.principal):
            to = {"audience": "People of my unit", "people": [{"staff": staff}]}
            name = str(frappe.get_doc({**notice, **to}).insert().name)
            writing.send(name)
        return {"HBS Notice": name, "HBS Notice Receipt": frappe.db.get_value("HBS Notice Receipt", {"notice": name})}

    @classmethod
    def give_every_right(cls) -> None:
        """The rights of the roles are not what holds."""
        for doctype, (field, _value) in CHANGED.items():
            ways.give_every_right(doctype, field)
        user = frappe.get_doc("User", cls.users["System Manager"])
        user.add_roles(*roles.ROLES)

    def stored(self) -> dict[str, Any]:
        """Every byte of the evidence and its rows, and how much of it there is."""
        found: dict[str, Any] = {}
        for doctype, name in self.names.items():
            found[doctype] = frappe.db.sql(f"select * from `tab{doctype}` where name = %s", name, as_dict=True)
            found[f"{doctype} count"] = frappe.db.count(doctype)
        for rows, form in ROWS_OF.items():
            if form in self.names:
                found[rows] = frappe.db.sql(
                    f"select * from `tab{rows}` where parent = %s order by name", self.names[form]
                )
        return found

    def ways_to(self, doctype: str, role: str) -> list[ways.Way]:
        """All for Administrator, all that a client can call for who holds every role, the common ones for the rest."""
        found = {"Administrator": ways.EVERY, "System Manager": ways.BY_CLIENT}.get(role, ways.COMMON)
        if doctype == "HBS Summary Confirmation":  # its principal may write a new one, which is no change
            return [way for way in found if way not in (ways.form_new, ways.restore)]
        return list(found)

    def attempt(self, way: ways.Way, doctype: str, user: str) -> None:
        """Must be refused; where Frappe collects refusals instead of raising, nothing may have changed."""
        field, value = CHANGED[doctype]
        with acting_as(user):
            try:
                answer = way(doctype, self.names[doctype], field, value)
            except REFUSALS:
                frappe.db.rollback()
            else:
                frappe.db.commit()
                self.assertIn(way.__name__, SILENT, f"{way.__name__} on {doctype} as {user} answered {answer}")
            finally:
                frappe.clear_messages()

    @requirement("Y046")
    def test_nobody_changes_or_removes_evidence_by_any_path(self) -> None:
        before = self.stored()
        for doctype in CHANGED:
            for role, user in self.users.items():
                for way in self.ways_to(doctype, role):
                    with self.subTest(f"{way.__name__} on {doctype} as {role}"):
                        self.attempt(way, doctype, user)
                if self.stored() != before:
                    self.fail(f"{doctype} was changed as {role}")

    @requirement("Y046")
    def test_data_import_changes_nothing(self) -> None:
        before = self.stored()
        for doctype, (field, value) in CHANGED.items():
            label = frappe.get_meta(doctype).get_label(field)
            for kind, rows in (
                ("Update Existing Records", [["ID", label], [self.names[doctype], value]]),
                ("Insert New Records", [[label], [value]]),
            ):
                with self.subTest(f"{doctype}: {kind}"):
                    self.assertNotIn(ways.data_import(doctype, kind, rows), ("Success", "Partial Success"))
                    self.assertEqual(self.stored(), before)

    @requirement("Y046")
    def test_over_rest_nothing_is_changed(self) -> None:
        before = self.stored()
        row = frappe.db.get_value("HBS Record Result", {"parent": self.names["HBS Record"]})
        for role in ("System Manager", roles.PRINCIPAL, roles.SCHOOL_ADMIN):
            browser = Browser(self.users[role])
            for doctype, (field, value) in CHANGED.items():
                for version in ("/api/resource", "/api/v2/document"):
                    path = f"{version}/{doctype}/{self.names[doctype]}"
                    for method in ("PUT", "PATCH", "DELETE"):
                        answer = browser.open(method, path, json={field: value, "flags": {"hbs_service": True}})
                        self.assertGreaterEqual(answer.status_code, 400, f"{role} {method} {path}")
            path = f"/api/resource/HBS Record Result/{row}"
            self.assertGreaterEqual(browser.open("PUT", path, json={"level": "T"}).status_code, 400, role)
            self.assertGreaterEqual(browser.open("DELETE", path).status_code, 400, role)
        self.assertEqual(self.stored(), before)

    def test_log_clearing_has_no_hold_of_it(self) -> None:
        before = self.stored()
        settings = frappe.get_single("Log Settings")
        for doctype in CHANGED:
            settings.append("logs_to_clear", {"ref_doctype": doctype, "days": 1})
        settings.save()
        self.assertFalse({row.ref_doctype for row in settings.logs_to_clear} & set(CHANGED))
        frappe.clear_messages()
        self.assertEqual(self.stored(), before)

    def test_reset_of_rights_leaves_it(self) -> None:
        from frappe.permissions import reset_perms

        before = self.stored()
        reset_perms("HBS Record Version")
        with acting_as(self.play.principal), self.assertRaises(REFUSALS):
            frappe.client.delete("HBS Record Version", self.names["HBS Record Version"])
        self.assertEqual(self.stored(), before)

    def test_every_kind_of_evidence_and_row_is_of_its_class(self) -> None:
        from frappe.model.base_document import get_controller

        for doctype in CHANGED:
            self.assertTrue(issubclass(get_controller(doctype), KeptDocument), doctype)
        forms = frappe.get_all("DocType", {"module": "HocBaSo App", "istable": 1}, pluck="name", order_by="name")
        for doctype in forms:
            self.assertTrue(issubclass(get_controller(doctype), FormRow), doctype)
        for doctype in frappe.get_all("DocType", {"module": "HocBaSo App", "in_create": 1}, pluck="name"):
            self.assertTrue(issubclass(get_controller(doctype), EvidenceDocument | KeptDocument), doctype)

    def test_rows_of_another_form_are_not_taken(self) -> None:
        """A draft's row sent along with another draft would leave its own record without it."""
        other = Play(pupils=2, grade=3)
        mine, theirs = other.until("entered")
        row = frappe.get_doc("HBS Record", theirs).results[0]
        with acting_as(other.homeroom):
            doc = frappe.get_doc("HBS Record", mine)
            sent = doc.as_dict(convert_dates_to_str=True)
            next(r for r in sent["results"] if r["subject_code"] == row.subject_code)["name"] = row.name
            with self.assertRaises(frappe.PermissionError):
                frappe.client.save(json.loads(frappe.as_json(sent)))
        self.assertEqual(frappe.db.get_value("HBS Record Result", row.name, "parent"), theirs)


SILENT = frozenset({"client_bulk_update", "bulk_edit", "bulk_submit", "bulk_update_tool", "list_delete"})
"""Ways that answer with a list of what failed."""
