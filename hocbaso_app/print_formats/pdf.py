"""One record as a PDF with its original XML inside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError

from . import fit
from .fetcher import BASE, make_fetcher
from .form import make_form
from .html import render_html
from .marks import Confirmation, PrintKind, require_kind
from .pdfa import finish
from .view import Form

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification

VARIANT = "pdf/a-3b"


class PdfEngineMissing(HocBaSoError):  # noqa: N818  (name of the contract)
    """WeasyPrint or the Pango library it needs is not on this machine."""


def render(
    document: Document,
    *,
    verification: Verification | None = None,
    mark: str | None = None,
    link: str | None = None,
    seal_summary: bytes | None = None,
    receipt: Mapping[str, str] | None = None,
    kind: PrintKind = PrintKind.INFORMATION,
    confirmation: Confirmation | None = None,
) -> bytes:
    """PDF prepared for PDF/A-3b; the same arguments give the same octets with the same libraries.

    ``verification`` must be of these octets, else every page says that the
    signatures were not verified. ``mark``: "draft", "recalled", "replaced" or a
    text. ``link``: look-up address in the QR code of each page. ``seal_summary``:
    token of :func:`.summary.make`. ``receipt``: label → value. Raises
    :class:`PdfEngineMissing` and :class:`.marks.PrintRefused`.
    """
    require_kind(kind, document, verification, mark, confirmation)
    form = make_form(
        document, verification=verification, mark=mark, kind=kind, confirmation=confirmation, receipt=receipt
    )

    def lay_out(shown: Form, settings: Mapping[str, str] | None = None) -> Any:
        return _lay_out(
            render_html(
                shown, sha256=document.sha256, link=link, seal_summary=seal_summary, paper=True, settings=settings
            )
        )

    made = _write(_fitted(form, lay_out))
    general = document.record.general
    title = f"Học bạ số – {general.full_name} – Năm học {general.school_year}"
    return finish(made, xml=document.data, title=title, moment=_moment(general.released_at))


def _fitted(form: Form, lay_out: Callable[..., Any]) -> Any:
    pages = {page.key: page for page in form.pages}

    def measure(key: str, setting: str) -> int:
        return sum(fit.sheets_of(lay_out(replace(form, pages=(pages[key],)), {key: setting})))

    laid_out = lay_out(form)
    settings = fit.choose(list(pages), fit.sheets_of(laid_out), measure)
    return lay_out(form, settings) if settings else laid_out


def _lay_out(page: str) -> Any:
    return _engine().HTML(string=page, base_url=BASE, url_fetcher=make_fetcher()).render(pdf_variant=VARIANT)


def _write(laid_out: Any) -> bytes:
    return bytes(laid_out.write_pdf(pdf_variant=VARIANT))


def _engine() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise PdfEngineMissing(
            "PDF_ENGINE_MISSING",
            "Máy chủ chưa có phần tạo PDF nên chưa in được; tệp XML gốc vẫn dùng bình thường. "
            "Hãy cài WeasyPrint và thư viện Pango (Debian/Ubuntu: libpango-1.0-0, libpangoft2-1.0-0, "
            "libharfbuzz-subset0) rồi in lại.",
            f"WeasyPrint or Pango is missing: {error}",
        ) from error
    return weasyprint


def _moment(released_at: str) -> datetime:
    """Time of the PDF: SOURCE_DATE_EPOCH, else the record's day of release; never the clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        return datetime.fromtimestamp(int(epoch), timezone.utc)
    return datetime.fromisoformat(released_at).astimezone(timezone.utc)
