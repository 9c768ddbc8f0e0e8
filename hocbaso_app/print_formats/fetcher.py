"""The only URLs a print may open: our own CSS and fonts under ``hocbaso://print/``.

WeasyPrint 68 wants an object of its ``URLFetcher``; 59 a function; both shapes
come from :func:`make_fetcher`.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

BASE = "hocbaso://print/"
_KINDS = {"css": ("css", ".css", "text/css"), "fonts": ("fonts", ".ttf", "font/ttf")}


class ForbiddenUrlError(ValueError):
    """A document asked for something outside this package."""


def read(url: str) -> tuple[bytes, str]:
    """Octets and media type of one of our own files; :class:`ForbiddenUrlError` for every other URL."""
    folder, _, name = url[len(BASE) :].partition("/") if url.startswith(BASE) else ("", "", "")
    if folder not in _KINDS:
        raise ForbiddenUrlError(f"not allowed in a print: {url[:200]}")
    directory, suffix, media_type = _KINDS[folder]
    own = {entry.name: entry for entry in (resources.files(__package__) / directory).iterdir()}
    if name not in own or not name.endswith(suffix):
        raise ForbiddenUrlError(f"no such file of ours: {url[:200]}")
    return own[name].read_bytes(), media_type


def make_fetcher() -> Any:
    """A fetcher in the shape that the installed WeasyPrint wants."""
    try:
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except ImportError:
        return _fetch_59

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
        """Denies all but :func:`read`."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            body, media_type = read(url)
            return URLFetcherResponse(url, body, {"Content-Type": media_type})

    return OwnFilesOnly()


def _fetch_59(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    body, media_type = read(url)
    return {"string": body, "mime_type": media_type}
