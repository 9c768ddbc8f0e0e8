"""One record as a PDF with its original XML inside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import HocBaSoError

from .fetcher import BASE, make_fetcher
from .form import make_form
from .html import render_html
from .marks import Confirmation, PrintKind, require_kind
from .pdfa import finish

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification


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
    page = render_html(form, sha256=document.sha256, link=link, seal_summary=seal_summary, paper=True)
    general = document.record.general
    title = f"Học bạ số – {general.full_name} – Năm học {general.school_year}"
    return finish(_weasyprint(page), xml=document.data, title=title, moment=_moment(general.released_at))


def _weasyprint(page: str) -> bytes:
    weasyprint = _engine()
    made = weasyprint.HTML(string=page, base_url=BASE, url_fetcher=make_fetcher()).write_pdf(pdf_variant="pdf/a-3b")
    return bytes(made)


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
