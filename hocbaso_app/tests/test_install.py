"""Install and migrate add what is missing, change nothing, and uninstall keeps evidence."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app import hooks, install
from hocbaso_app.setup import roles
from hocbaso_app.tests.world import Play

COUNTED = ("Role", "HBS Subject", "Workflow", "Workflow State", "Workflow Action Master", "Custom Field", "DocPerm")


class TestInstall(FrappeTestCase):
    """What install.py promises."""

    def tearDown(self) -> None:
        frappe.db.rollback()

    def test_second_run_changes_nothing(self) -> None:
        before = {doctype: frappe.db.count(doctype) for doctype in COUNTED}
        install.set_up()
        self.assertEqual({doctype: frappe.db.count(doctype) for doctype in COUNTED}, before)

    def test_changed_role_and_workflow_stay_as_they_are(self) -> None:
        frappe.db.set_value("Role", roles.CLERK, "desk_access", 0)
        workflow = frappe.db.get_value("Workflow", {"document_type": "HBS Record"})
        frappe.db.set_value("Workflow", workflow, "is_active", 0)
        install.set_up()
        self.assertEqual(frappe.db.get_value("Role", roles.CLERK, "desk_access"), 0)
        self.assertEqual(frappe.db.get_value("Workflow", workflow, "is_active"), 0)

    def test_uninstall_is_refused_while_signed_files_exist(self) -> None:
        frappe.local.hbs_trust = None
        Play(pupils=1, grade=2).until("subjects")
        with self.assertRaises(frappe.ValidationError):
            install.before_uninstall()

    def test_every_hook_target_exists(self) -> None:
        targets = [hooks.before_install, hooks.after_install, hooks.before_migrate, hooks.after_migrate]
        targets += [hooks.before_uninstall, *hooks.permission_query_conditions.values(), *hooks.has_permission.values()]
        targets += [target for events in hooks.doc_events.values() for target in events.values()]
        events: dict[str, Any] = dict(hooks.scheduler_events)
        by_cron = events.pop("cron", {})
        targets += [target for jobs in (*events.values(), *by_cron.values()) for target in jobs]
        for target in targets:
            module, name = target.rsplit(".", 1)
            self.assertTrue(callable(getattr(import_module(module), name)), target)

    def test_each_doctype_has_a_table_and_no_share_right(self) -> None:
        folder = Path(frappe.get_app_path("hocbaso_app", "hocbaso_app", "doctype"))
        for path in sorted(folder.glob("*/*.json")):
            name = frappe.get_file_json(str(path))["name"]
            meta = frappe.get_meta(name)
            self.assertTrue(meta.issingle or frappe.db.table_exists(name), name)
            self.assertFalse([p.role for p in meta.permissions if p.share], name)

    def test_desk_speaks_vietnamese(self) -> None:
        from frappe.translate import get_all_translations

        words = get_all_translations("vi")
        self.assertEqual(words["HBS Record"], "Học bạ số")
        self.assertEqual(words["Homeroom Signing"], "Chờ giáo viên chủ nhiệm ký")
