"""One set of templates for paper and for a phone; only the CSS differs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import fetcher, qr, summary
from .view import Form


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_html(
    form: Form,
    *,
    sha256: str,
    link: str | None = None,
    seal_summary: bytes | None = None,
    paper: bool = False,
    settings: Mapping[str, str] | None = None,
) -> str:
    """A whole page: for the PDF engine when ``paper``, else self-contained for a browser, usable at 360 px width.

    ``settings``: page key → how closely :mod:`.fit` wants it set.
    """
    general = form.general
    reference = link or f"HBS:{general.record_code}:{general.issue_number}:{sha256}"
    style = None if paper else (resources.files(__package__) / "css" / "screen.css").read_text("utf-8")
    return (
        _environment()
        .get_template("record.html")
        .render(
            form=form,
            sha256=sha256,
            settings=settings or {},
            link=link,
            page_qr=Markup(qr.svg(reference)),  # noqa: S704  (our own SVG)
            summary_qr=Markup(qr.svg(summary.to_text(seal_summary), error="l")) if seal_summary else None,  # noqa: S704
            stylesheet=f"{fetcher.BASE}css/print.css" if paper else None,
            style=Markup(style) if style else None,  # noqa: S704
        )
    )
