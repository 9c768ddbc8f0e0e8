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
    """Before Frappe reads the fixtures: what needs none of them."""
    from hocbaso_app.setup.subjects import make_subjects

    make_subjects()


def after_sync() -> None:
    """After the fixtures are in: what builds on roles, states and actions."""
    set_up()


def after_migrate() -> None:
    """The same again: it only adds what is missing."""
    set_up()


def set_up() -> None:
    """Everything of ``setup/`` that an administrator may change afterwards; running it twice changes nothing."""
    from hocbaso_app.setup.blocks import make_blocks, make_list_settings
    from hocbaso_app.setup.links import make_link_rights
    from hocbaso_app.setup.modules import make_module_profile
    from hocbaso_app.setup.subjects import make_subjects
    from hocbaso_app.setup.workflow import make_workflow

    make_subjects()
    make_workflow()
    make_blocks()
    make_list_settings()
    make_module_profile()
    make_link_rights()


def before_tests() -> None:
    """A site fresh from ``bench new-site`` gets the company, year and language that Education and the tests ask for."""
    from hocbaso_app.setup.site import prepare

    if not frappe.db.get_single_value("System Settings", "setup_complete"):
        prepare()
    set_up()
    frappe.db.commit()  # nosemgrep: the runner begins its own transaction


def before_uninstall() -> None:
    """Signed records are evidence for the life of a pupil: the app does not go while there are any (QĐ Điều 3)."""
    if frappe.conf.get("hbs_uninstall_with_records"):
        return
    signed = frappe.db.count("HBS Record Version", {"signatures": (">", 0)})
    if signed:
        command = "bench --site {0} execute hocbaso_app.setup.export.export_files --kwargs \"{{'folder': '…'}}\""
        frappe.throw(
            _(
                "There are {0} signed record files on this site; uninstalling deletes them. Export them first: {1}. "
                "Keep the folder, then set hbs_uninstall_with_records to 1 in site_config.json."
            ).format(signed, command.format(frappe.local.site))
        )
