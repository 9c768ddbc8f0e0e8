"""/hoc-ba: a parent's list of his children's released records."""

from __future__ import annotations

from typing import Any

from frappe import _

from hocbaso_app.services import family

no_cache = 1


def get_context(context: Any) -> None:
    """Login first; then the children."""
    family.log_in_first()
    context.no_breadcrumbs = True
    context.hide_footer_signup = True
    context.title = _("Digital records of my children")
    context.children = family.overview()
