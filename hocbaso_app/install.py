"""Before and after this app is installed on a site, and before it is taken away."""

from __future__ import annotations

import frappe
from frappe import _

MAJORS = (15, 16)


def before_install() -> None:
    """Stops where the app can't work, with a sentence instead of a broken site."""
    check_versions()


def before_migrate() -> None:
    """The same gate for a site whose Frappe was replaced under it."""
    check_versions()


def check_versions() -> None:
    """Frappe 15 or 16 on MariaDB."""
    major = int(frappe.__version__.split(".")[0])
    if major not in MAJORS:
        frappe.throw(_("hocbaso_app needs Frappe 15 or 16; this site has {0}.").format(frappe.__version__))
    if frappe.conf.db_type not in (None, "mariadb"):
        frappe.throw(_("hocbaso_app needs MariaDB; this site has {0}.").format(frappe.conf.db_type))


def after_install() -> None:
    """What DocTypes alone do not bring."""
    set_up()


def after_migrate() -> None:
    """The same again: it only adds what is missing."""
    set_up()


def set_up() -> None:
    """Everything of ``setup/``, in order; running it twice changes nothing."""
    from hocbaso_app.setup.custom_fields import make_custom_fields
    from hocbaso_app.setup.roles import make_roles
    from hocbaso_app.setup.subjects import make_subjects
    from hocbaso_app.setup.workflow import make_workflow

    make_roles()
    make_custom_fields()
    make_subjects()
    make_workflow()


def before_uninstall() -> None:
    """Signed records are evidence for the life of a pupil: the app does not go while there are any (QĐ Điều 3)."""
    if frappe.flags.hbs_uninstall_with_records:
        return
    signed = frappe.db.count("HBS Record Version", {"signatures": (">", 0)})
    if signed:
        frappe.throw(
            _("There are {0} signed record files on this site. Export them first; they are not deleted.").format(signed)
        )
