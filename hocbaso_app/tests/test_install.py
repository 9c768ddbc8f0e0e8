"""Install and migrate add what is missing, change nothing, and uninstall keeps evidence."""

from __future__ import annotations

import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import frappe
from frappe.core.doctype.data_import.data_import import export_json
from frappe.tests.utils import FrappeTestCase
from frappe.utils.fixtures import sync_fixtures

from hocbaso_app import hooks, install
from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import files
from hocbaso_app.setup import export, roles, uninstall, workflow
from hocbaso_app.tests.world import Play

COUNTED = ("Role", "HBS Subject", "Workflow", "Workflow State", "Workflow Action Master", "Custom Field", "DocPerm")
SHIPPED = Path(frappe.get_app_path("hocbaso_app", "fixtures"))


def rows_of(doctype: str) -> list[dict[str, object]]:
    """All rows but for when and by whom they were written."""
    volatile = ("creation", "modified", "modified_by", "owner", "idx")
    rows = frappe.get_all(doctype, fields=["*"], order_by="name")
    return [{key: value for key, value in row.items() if key not in volatile} for row in rows]


class TestInstall(FrappeTestCase):
    """What install.py and the fixtures promise."""

    def tearDown(self) -> None:
        frappe.db.rollback()

    def test_second_run_changes_nothing(self) -> None:
        before = {doctype: frappe.db.count(doctype) for doctype in COUNTED}
        install.set_up()
        self.assertEqual({doctype: frappe.db.count(doctype) for doctype in COUNTED}, before)

    def test_fixtures_again_change_nothing_and_keep_what_the_site_set(self) -> None:
        """As each migrate does; Frappe commits on the way, so what is set here is set back."""
        name = frappe.db.get_value("Workflow", {"document_type": "HBS Record"})
        doctypes = ("Role", "Workflow State", "Workflow Action Master", "Custom Field", "Has Role", "DocPerm")
        before = {doctype: rows_of(doctype) for doctype in doctypes}
        try:
            own = {"two_factor_auth": 1, "home_page": "/app/hbs"}
            frappe.db.set_value("Role", roles.CLERK, own, update_modified=False)
            frappe.db.set_value("Workflow", name, "is_active", 0)
            sync_fixtures("hocbaso_app")
            install.after_migrate()
            kept = frappe.db.get_value("Role", roles.CLERK, ["two_factor_auth", "home_page"])
            self.assertEqual((kept, frappe.db.get_value("Workflow", name, "is_active")), ((1, "/app/hbs"), 0))
        finally:
            role = next(row for row in before["Role"] if row["name"] == roles.CLERK)
            own = {key: role[key] for key in ("two_factor_auth", "home_page")}
            frappe.db.set_value("Role", roles.CLERK, own, update_modified=False)
            frappe.db.set_value("Workflow", name, "is_active", 1)
            frappe.db.commit()
        self.assertEqual({doctype: rows_of(doctype) for doctype in doctypes}, before)

    def test_export_fixtures_gives_the_shipped_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fixtures: list[Any] = list(hooks.fixtures)
            for fixture in fixtures:
                path = Path(folder) / f"{frappe.scrub(fixture['dt'])}.json"
                export_json(fixture["dt"], str(path), filters=fixture["filters"], order_by="idx asc, creation asc")
                found, shipped = (json.loads(p.read_text()) for p in (path, SHIPPED / path.name))
                for row in (*found, *shipped):
                    if fixture["dt"] == "Role":  # the site's own settings stay
                        row["two_factor_auth"] = row["home_page"] = row["modified"] = None
                self.assertEqual(sorted(found, key=lambda r: r["name"]), sorted(shipped, key=lambda r: r["name"]))
            self.assertEqual({p.name for p in Path(folder).iterdir()}, {p.name for p in SHIPPED.glob("*.json")})

    def test_closed_lists_cover_the_code(self) -> None:
        names = {p.stem: {row["name"] for row in json.loads(p.read_text())} for p in SHIPPED.glob("*.json")}
        self.assertEqual(names["role"], set(roles.ROLES))
        self.assertEqual(names["workflow_action_master"], {move[1] for move in workflow.MOVES})
        known = names["workflow_state"] | uninstall.FRAPPES_OWN_STATES
        self.assertLessEqual({state for move in workflow.MOVES for state in (move[0], move[2])}, known)

    def test_uninstall_is_refused_while_signed_files_exist_and_says_how_to_export(self) -> None:
        frappe.local.hbs_trust = None
        Play(pupils=1, grade=2).until("subjects")
        with self.assertRaisesRegex(frappe.ValidationError, "hocbaso_app.setup.export.export_files"):
            install.before_uninstall()
        with tempfile.TemporaryDirectory() as folder:
            counts = export.export_files(folder)
            listed = json.loads((Path(folder) / "manifest.json").read_text())
            self.assertEqual((len(listed), counts["files"]), (frappe.db.count("HBS Record Version"),) * 2)
            stored = files.read(frappe.get_doc("HBS Record Version", Path(listed[-1]["path"]).stem))
            self.assertEqual((Path(folder) / listed[-1]["path"]).read_bytes(), stored)
            with self.assertRaises(HbsError):
                export.export_files(folder)

    def test_dry_run_of_uninstall_takes_nothing_away(self) -> None:
        before = {doctype: frappe.db.count(doctype) for doctype in COUNTED}
        uninstall.remove()
        self.assertEqual({doctype: frappe.db.count(doctype) for doctype in COUNTED}, before)

    def test_every_hook_target_exists(self) -> None:
        targets = [hooks.before_install, hooks.after_install, hooks.before_migrate, hooks.after_migrate]
        targets += [hooks.after_sync, hooks.before_tests, hooks.before_uninstall, hooks.after_uninstall]
        targets += [*hooks.permission_query_conditions.values(), *hooks.has_permission.values()]
        targets += [target for events in hooks.doc_events.values() for target in events.values()]
        jobs: dict[str, Any] = dict(hooks.scheduler_events)
        lists = [found for when, found in jobs.items() if when != "cron"] + list(jobs["cron"].values())
        targets += [target for found in lists for target in found]
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

    def test_works_with_developer_mode_off(self) -> None:
        self.assertFalse(frappe.conf.developer_mode)

    def test_desk_speaks_vietnamese(self) -> None:
        from frappe.translate import get_all_translations

        words = get_all_translations("vi")
        self.assertEqual(words["HBS Record"], "Học bạ số")
        self.assertEqual(words["Homeroom Signing"], "Chờ giáo viên chủ nhiệm ký")
