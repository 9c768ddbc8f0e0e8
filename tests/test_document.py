"""The file: canonical bytes, strict reading, slots as plain slices."""

from __future__ import annotations

import pytest

from hocbaso_app.record import canonical
from hocbaso_app.record.errors import FormatError


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<A><!-- x --></A>", "XML_CONSTRUCT"),
        (b'<?xml version="1.0"?><A></A>', "XML_CONSTRUCT"),
        (b"<!DOCTYPE A><A></A>", "XML_CONSTRUCT"),
        (b"<A><![CDATA[x]]></A>", "XML_CONSTRUCT"),
        (b"\xef\xbb\xbf<A></A>", "NOT_CANONICAL"),
        (b"<A/>", "NOT_CANONICAL"),
        (b"<A></A>\n", "NOT_CANONICAL"),
        (b"<A b='1'></A>", "NOT_CANONICAL"),
        (b"<A>", "XML_MALFORMED"),
        (b"", "XML_MALFORMED"),
        ("<A>é</A>".encode("latin-1"), "XML_MALFORMED"),
        ("<A></A>".encode("utf-16"), "XML_MALFORMED"),
        ("<A>e\u0301</A>".encode(), "NOT_NFC"),
        (b"<A>" * 300 + b"</A>" * 300, "XML_MALFORMED"),
        (b"<A>" + b"x" * canonical.MAX_BYTES + b"</A>", "FILE_TOO_LARGE"),
    ],
)
def test_hostile_or_foreign_spelling_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(FormatError) as refusal:
        canonical.parse(data)
    assert refusal.value.code == code
    assert refusal.value.message_vi


def test_canonical_text_parses() -> None:
    assert canonical.parse("<A>Nguyễn &amp; Trần</A>".encode()).text == "Nguyễn & Trần"
