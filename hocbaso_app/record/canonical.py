"""Hostile bytes to a tree, and the one spelling that an HBS file may have.

A file of ours *is* its own exclusive canonical form (W3C xml-exc-c14n): no XML
declaration, BOM, comment, processing instruction, DTD, CDATA, entity or free
white space survives that. So the octets of any element that needs no inherited
namespace are a plain slice of the file.
"""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape

from lxml import etree

from .errors import FormatError

MAX_BYTES = 1 << 20


def parse(data: bytes) -> etree._Element:
    """Parse with DTD, entities and network off, at most 256 levels deep.

    :class:`FormatError` when too large, malformed, or not in the one spelling.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(
            "FILE_TOO_LARGE",
            f"Tệp lớn hơn {MAX_BYTES} byte nên không phải một học bạ số. Hãy kiểm tra lại tệp.",
            f"file has {len(data)} bytes, at most {MAX_BYTES} are read",
        )
    if b"<!" in data or b"<?" in data:
        raise FormatError(
            "XML_CONSTRUCT",
            "Tệp có chú thích, lệnh xử lí, CDATA, DTD hoặc khai báo XML; học bạ số không được có. Hãy lấy lại tệp gốc.",
            "comments, processing instructions, CDATA, DTD and XML declarations are not allowed",
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="UTF-8")
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FormatError(
            "XML_MALFORMED",
            "Tệp không phải XML đúng cú pháp (có thể bị cắt cụt hoặc sai bảng mã). Hãy lấy lại tệp gốc.",
            f"not well-formed UTF-8 XML: {error}",
        ) from error
    if etree.tostring(root, method="c14n", exclusive=True, with_comments=True) != data:
        raise FormatError(
            "NOT_CANONICAL",
            "Tệp không ở dạng chính tắc (đã bị mở và lưu lại bằng chương trình khác). Hãy dùng tệp gốc.",
            "the bytes differ from their exclusive canonical form",
        )
    if not unicodedata.is_normalized("NFC", data.decode()):
        raise FormatError(
            "NOT_NFC",
            "Tệp có chữ Việt không ở dạng dựng sẵn (NFC). Hãy tạo lại tệp từ phần mềm nguồn.",
            "text is not in Unicode normalisation form C",
        )
    return root


def text(value: str) -> str:
    """``value`` escaped as C14N writes character data."""
    return escape(value).replace("\r", "&#xD;")
