"""Pages that anyone may open without an account, and the same as JSON for who asks for it."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils import cint
from frappe.website.page_renderers.template_page import TemplatePage
from werkzeug.wrappers import Response

from hocbaso_app.exchange.look_up import LOOK_UP_PATH
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.public import answers, book_page, class_book

ROUTE = LOOK_UP_PATH.strip("/")


class LookUpPage:
    """``/tra-cuu`` and ``/tra-cuu/<code>``: a page, or JSON; a file handed in comes as a POST to the same address.

    A page renderer (hook ``page_renderer``), because Frappe's pages can't answer in JSON.
    """

    def __init__(self, path: str, http_status_code: int | None = None) -> None:
        """``path``: as asked for, without slashes around it."""
        self.path = path.strip("/ ")

    def can_render(self) -> bool:
        """Whether it is one of these addresses, and this site is one of the authority."""
        first, _, rest = self.path.partition("/")
        return first == ROUTE and "/" not in rest and answers.is_served()

    def render(self) -> Response:
        """By what the asker accepts."""
        text = self.path.partition("/")[2] or str(frappe.form_dict.ma or "")
        status, said = answers.answer(frappe.request.method, text, frappe.request.files.get("tep"))
        accepted = frappe.request.accept_mimetypes.best_match(["text/html", "application/json"])
        if accepted == "application/json":
            return _private(_json(said.to_json(), status), said.wait)
        frappe.local.hbs_answer = said
        return _private(TemplatePage(ROUTE, status).render(), said.wait)


class ClassBookPage:
    """``/so-theo-doi/<token>``: a class's summary book, as far as the link allows; JSON says what anybody may know."""

    def __init__(self, path: str, http_status_code: int | None = None) -> None:
        """``path``: as asked for."""
        self.path = path.strip("/ ")

    def can_render(self) -> bool:
        """Whether it is such an address, on a site of the authority."""
        first, _, rest = self.path.partition("/")
        return first == class_book.ROUTE and "/" not in rest and answers.is_served()

    def render(self) -> Response:
        """By what the asker accepts."""
        said = book_page.opened(self.path.partition("/")[2])
        accepted = frappe.request.accept_mimetypes.best_match(["text/html", "application/json"])
        if accepted == "application/json":
            return _private(_json(said.to_json(), said.status), said.wait)
        frappe.local.hbs_book = said
        return _private(TemplatePage(class_book.ROUTE, said.status).render(), said.wait)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def class_book_links(
    unit: str, school_year: str, class_name: str, holder: str, days: int = class_book.DAYS
) -> dict[str, str]:
    """The public link to a class's summary book, and one for somebody entitled that ends by itself."""
    return class_book.links(unit, school_year, class_name, holder, cint(days))


def _private(response: Response, wait: int) -> Response:
    """Kept by nobody on the way, found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _json(value: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")
