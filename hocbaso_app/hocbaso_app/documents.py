"""What kinds of documents there are beside Frappe's own: evidence that only grows, and rows that belong to a form.

Frappe offers many ways past a form: ``delete_doc(ignore_on_trash=True)``, ``rename_doc(validate=False)``, ``db_set``,
REST on a child row, which saves the row without asking its parent. Each ends in one of the methods below.
"""

from __future__ import annotations

from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.model.document import Document

from hocbaso_app.exceptions import EvidenceError, StepOrderError


class KeptDocument(Document):
    """Never deleted, never renamed, never submitted; written only after ``validate``, as a whole."""

    def run_before_save_methods(self) -> None:
        """``flags.ignore_validate`` makes Frappe skip ``validate``; then nothing is written."""
        super().run_before_save_methods()
        self.flags.hbs_validated = not self.flags.ignore_validate

    def db_insert(self, *args: Any, **kwargs: Any) -> None:
        """Never past ``validate``."""
        self._require_validated()
        super().db_insert(*args, **kwargs)

    def db_update(self) -> None:
        """Never past ``validate``."""
        self._require_validated()
        super().db_update()

    def _require_validated(self) -> None:
        if not self.flags.pop("hbs_validated", False):
            self.refuse_loss()

    def on_trash(self) -> None:
        """By nobody; a controller may say more."""
        self.refuse_loss()

    def after_delete(self) -> None:
        """For the callers that skip ``on_trash``: the transaction is not to be kept."""
        self.refuse_loss()

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        """The name stands in the audit trail."""
        self.refuse_loss()

    def after_rename(self, old: str, new: str, merge: bool = False) -> None:
        """For the callers that skip ``before_rename``."""
        self.refuse_loss()

    def before_submit(self) -> None:
        """A submitted document would not be validated any more."""
        self.refuse_loss()

    def db_set(self, *args: Any, **kwargs: Any) -> NoReturn:
        """A value past ``validate``."""
        self.refuse_loss()

    def refuse_loss(self) -> NoReturn:
        """The sentence."""
        frappe.throw(_("{0} is kept as it is: it is not deleted or renamed.").format(_(self.doctype)), EvidenceError)
        raise AssertionError


class EvidenceDocument(KeptDocument):
    """Written by a service only, whatever the path."""

    def db_insert(self, *args: Any, **kwargs: Any) -> None:
        """Only while a service saves."""
        self._require_service()
        super().db_insert(*args, **kwargs)

    def db_update(self) -> None:
        """Only while a service saves."""
        self._require_service()
        super().db_update()

    def _require_service(self) -> None:
        if not self.flags.hbs_service:
            frappe.throw(_("{0} is written by the system only.").format(_(self.doctype)), EvidenceError)


class FormRow(Document):
    """A row of a form's table; saved with its form, never by itself."""

    def validate(self) -> None:
        """Runs only when a row is saved by itself."""
        self._refuse()

    def on_trash(self) -> None:
        """Runs only when a row is deleted by itself."""
        self._refuse()

    def after_delete(self) -> None:
        """For the callers that skip ``on_trash``."""
        self._refuse()

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        """A row keeps its name."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        frappe.throw(_("A row is changed in its form, not by itself."), StepOrderError)
        raise AssertionError
