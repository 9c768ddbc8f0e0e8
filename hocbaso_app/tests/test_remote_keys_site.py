"""The rehearsal asks remote signing services whether the key would sign, without asking the signer."""

from __future__ import annotations

from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.demo.signers.mysign import MySignSigner
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.demo.signers.smartca import PREFIX, SmartCaSigner
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.rehearsal import asking
from hocbaso_app.tests import signers
from hocbaso_app.tests.portal import commits_as_savepoints
from hocbaso_app.tests.world import Play

ROW = ["name", "key_source", "service", "sha256"]


class TestRemoteKeys(FrappeTestCase):
    play: ClassVar[Play]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        cls.play = Play(pupils=1, grade=1)

    def fault(self, person: Any) -> str | None:
        name = signers.certificate_of(self.play, person)
        found = asking.Answers(True).of(frappe.db.get_value("HBS Certificate", name, ROW, as_dict=True))
        return found.code if found else None

    def ask_at(self, app: Any, kind: str, path: str) -> None:
        teacher = self.play.specialists[0]
        with commits_as_savepoints(), signers.at_service(self.play, app, kind, teacher, path=path):
            self.assertIsNone(self.fault(teacher))
            app.subscribers[0].status = "suspended"
            self.assertEqual(self.fault(teacher), "CREDENTIAL_DISABLED")
            app.subscribers[0].account = "031185999999"
            self.assertEqual(self.fault(teacher), "ACCOUNT_UNKNOWN")
            app.faults.switch(SignerFault.DOWN, -1)
            self.assertEqual(self.fault(teacher), "SERVICE_UNREACHABLE")
            self.assertEqual((app.orders, app.phone.prompts), ([], {}))

    def test_vnpt_is_asked_for_the_certificate(self) -> None:
        app = SmartCaSigner([signers.subscriber(self.play, self.play.specialists[0])], signers.CLIENT)
        self.ask_at(app, kinds.SMARTCA, PREFIX)

    def test_viettel_is_asked_for_the_certificate(self) -> None:
        app = MySignSigner([signers.subscriber(self.play, self.play.specialists[0])], signers.CLIENT)
        self.ask_at(app, kinds.MYSIGN, "")
