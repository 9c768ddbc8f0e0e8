"""Each line of patches.txt, run on data as an earlier version left it."""

from __future__ import annotations

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.patches.v0_1 import (
    exchange_moves_2026_11_25,
    key_sources_2026_11_25,
    select_only_2026_11_25,
    unit_history_2026_11_25,
    workflow_moves_2026_11_25,
)
from hocbaso_app.setup import workflow


class TestPatches(FrappeTestCase):
    """One test per patch: adds what is missing, keeps what is there, a second run changes nothing."""

    def tearDown(self) -> None:
        frappe.db.rollback()
        frappe.clear_cache(doctype="HBS Record")

    def test_workflow_moves(self) -> None:
        doc = frappe.get_doc("Workflow", {"document_type": "HBS Record"})
        own = {"state": "Draft", "action": "Initialise", "next_state": "Recalled", "allowed": "System Manager"}
        doc.transitions = [row for row in doc.transitions if row.action != "Move task"]
        doc.append("transitions", own)
        doc.save()
        workflow_moves_2026_11_25.execute()
        rows = frappe.get_doc("Workflow", doc.name).transitions
        moves = [row for row in rows if row.action == "Move task"]
        self.assertEqual(len(moves), sum(len(held) for _b, action, _a, held in workflow.MOVES if action == "Move task"))
        self.assertTrue(any(row.next_state == "Recalled" and row.allowed == "System Manager" for row in rows))
        self.assertEqual(workflow.add_missing_moves(), 0)

    def test_exchange_moves(self) -> None:
        doc = frappe.get_doc("Workflow", {"document_type": "HBS Record"})
        actions = ("Send again", "Withdraw record", "Start correction")
        doc.transitions = [row for row in doc.transitions if row.action not in actions]
        doc.save()
        exchange_moves_2026_11_25.execute()
        rows = frappe.get_doc("Workflow", doc.name).transitions
        moves = {(row.state, row.next_state) for row in rows if row.action in actions}
        expected = {(before, after) for before, action, after, _held in workflow.MOVES if action in actions}
        self.assertEqual((moves, len(moves)), (expected, 4))
        self.assertEqual(workflow.add_missing_moves(), 0)

    def test_select_only(self) -> None:
        ours = {"parent": "Student Group", "role": "HBS Clerk"}
        theirs = {"parent": "Student Group", "role": "Instructor"}
        frappe.db.set_value("Custom DocPerm", ours, "read", 1)
        before = frappe.db.count("Custom DocPerm")
        for _run in range(2):
            select_only_2026_11_25.execute()
            self.assertEqual(frappe.db.get_value("Custom DocPerm", ours, ["select", "read"]), (1, 0))
            self.assertEqual(frappe.db.get_value("Custom DocPerm", theirs, "read"), 1)
        self.assertEqual(frappe.db.count("Custom DocPerm"), before)

    def test_unit_history(self) -> None:
        unit = {"doctype": "HBS Unit", "code": "T-X", "unit_name": "Trường Thử", "kind": "School"}
        frappe.get_doc({**unit, "valid_from": "2020-09-01"}).insert()
        for doctype in ("HBS Unit Name", "HBS Unit Placement"):
            frappe.db.delete(doctype, {"parent": "T-X"})
        for _run in range(2):
            unit_history_2026_11_25.execute()
            doc = frappe.get_doc("HBS Unit", "T-X")
            self.assertEqual([(r.unit_name, str(r.from_date)) for r in doc.names], [("Trường Thử", "2020-09-01")])
            self.assertEqual([(r.parent_unit, r.to_date) for r in doc.placements], [(None, None)])

    def test_key_sources(self) -> None:
        table = frappe.qb.DocType("HBS Certificate")
        old = {"USB token": "Browser plug-in (VGCA)", "Remote signing": "CSC remote signing", "VNPT SmartCA": ""}
        for number, word in enumerate(old):
            query = frappe.qb.into(table).columns("name", "key_source", "sha256")
            query.insert(f"HBS-CTS-X{number}", word, f"{number}" * 64).run()
        for _run in range(2):
            key_sources_2026_11_25.execute()
            for number, (word, now) in enumerate(old.items()):
                found = frappe.db.get_value("HBS Certificate", f"HBS-CTS-X{number}", "key_source")
                self.assertEqual(found, now or word)
