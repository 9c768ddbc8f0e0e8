"""What a restore drill compares: one row, one octet, one file that is not what it was is named."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import frappe

from hocbaso_app.services import trust
from hocbaso_app.services.roots import nightly
from hocbaso_app.setup import restore_drill
from hocbaso_app.tests.untouched import UntouchedTestCase
from hocbaso_app.tests.world import Play


class TestRestoreDrill(UntouchedTestCase):
    """A released record and a root over it; the restored site is this very one, changed."""

    play: ClassVar[Play]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play = Play(pupils=1, grade=2)
        cls.name = cls.play.until("released")[0]
        nightly.run(cls.play.world.unit)
        cls.before = restore_drill.facts()

    def found(self) -> list[str]:
        before = json.loads(json.dumps(self.before))
        return list(restore_drill.differences(before, before, restore_drill.facts()))

    def test_the_same_site_is_equal(self) -> None:
        self.assertEqual(self.found(), [])
        self.assertTrue(any(name.startswith("hbs-trust/roots/") for name in self.before["private"]))

    def test_what_is_not_as_it_was_is_named(self) -> None:
        changes: dict[str, Callable[[], object]] = {
            "HBS Record Version": lambda: frappe.db.sql("update `tabHBS Record Version` set content = 'QQ=='"),
            "HBS Audit Entry": lambda: frappe.db.sql("delete from `tabHBS Audit Entry` order by name desc limit 1"),
            "HBS Submission": lambda: frappe.db.sql("update `tabHBS Submission` set receipt_number = 'x'"),
            "HBS Daily Root": lambda: frappe.db.sql("update `tabHBS Daily Root` set leaves = 'x'"),
        }
        for doctype, change in changes.items():
            with self.subTest(doctype):
                frappe.db.savepoint("one")
                change()
                self.assertTrue(any(doctype in line for line in self.found()))
                frappe.db.rollback(save_point="one")

    def test_a_lost_file_of_the_trust_folder_is_named(self) -> None:
        path = next((trust.folder() / "roots").glob("*.pem"))
        kept = path.read_bytes()
        try:
            path.unlink()
            self.assertEqual(len(self.found()), 1)
        finally:
            path.write_bytes(kept)

    def test_the_protocol_ends_with_failure_when_something_is_wrong(self) -> None:
        with tempfile.TemporaryDirectory() as folder, patch("builtins.print") as said:
            path = str(Path(folder) / "facts.json")
            restore_drill.take(path)
            restore_drill.lost(path)
            self.assertTrue(said.call_args.args[0].startswith("0 "))
            frappe.db.sql("update `tabHBS Record Version` set released_on = '2026-01-01 00:00:00'")
            with patch.object(frappe.db, "commit"), self.assertRaises(SystemExit):
                restore_drill.check(path, path)
        self.assertIn("FAIL  daily roots", said.call_args.args[0])
