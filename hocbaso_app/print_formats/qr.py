"""QR codes (ISO/IEC 18004) as inline SVG."""

from __future__ import annotations

import segno

QUIET_ZONE = 4


def code(text: str, *, error: str = "m") -> segno.QRCode:
    """The smallest QR code for ``text``; error correction is raised when it costs nothing."""
    return segno.make_qr(text, error=error, boost_error=True)


def svg(text: str, *, error: str = "m") -> str:
    """One ``<svg>`` with a viewBox and no size, quiet zone included."""
    return code(text, error=error).svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff")
