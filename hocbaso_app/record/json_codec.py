"""The same record as JSON (QĐ Đ4.k1), from which the identical file comes back.

Shape: element names as keys, attributes as ``@Id``/``@TRANG``, repeated elements
as arrays, values as strings, each ``Signature`` as base64 of its exact octets.
The JSON Schema beside the XSD is made from the XSD by :mod:`.json_schema`.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from lxml import etree

from .canonical import parse, text
from .document import Document
from .errors import FormatError

SIGNATURE = "Signature"
_DS_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
ARRAYS = frozenset({"LAN_MON", "QUA_TRINH", "DIEM_TONG_KET", "GVBM"})
"""Elements that repeat, as ``maxOccurs`` in the XSD says (tested)."""


def to_json(data: bytes) -> str:
    """A file as JSON text; :class:`FormatError` when it is no valid hp-1 file. Signatures are carried, not checked."""
    Document.parse(data)
    root = parse(data)
    return json.dumps({str(root.tag): _to_value(root)}, ensure_ascii=False, indent=1)


def _to_value(element: etree._Element) -> Any:
    if element.tag == _DS_SIGNATURE:
        octets = etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
        return base64.b64encode(octets).decode()
    attributes = {f"@{name!s}": value for name, value in element.attrib.items()}
    if not len(element) and not attributes:
        return element.text or ""
    body: dict[str, Any] = dict(attributes)
    for child in element:
        tag = SIGNATURE if child.tag == _DS_SIGNATURE else str(child.tag)
        if tag in ARRAYS:
            body.setdefault(tag, []).append(_to_value(child))
        else:
            body[tag] = _to_value(child)
    return body


def from_json(source: str) -> bytes:
    """The identical file again; :class:`FormatError` when the text is no such JSON or the file it makes is invalid."""
    try:
        raw = json.loads(source, object_pairs_hook=_unique)
        if not isinstance(raw, dict) or list(raw) != ["HOC_BA"]:
            raise ValueError("the only key must be HOC_BA")
        data = "".join(_write("HOC_BA", raw["HOC_BA"])).encode()
    except (ValueError, RecursionError, TypeError) as error:
        raise FormatError(
            "JSON_MALFORMED",
            "Tệp JSON không đúng thể thức học bạ số. Hãy xuất lại từ tệp XML gốc.",
            f"not the JSON form of an HBS: {error}",
        ) from error
    return Document.parse(data).data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _write(tag: str, value: Any) -> list[str]:
    if tag == SIGNATURE:
        return [base64.b64decode(value, validate=True).decode()]
    if isinstance(value, list):
        return [piece for entry in value for piece in _write(tag, entry)]
    if isinstance(value, str):
        return [f"<{_name(tag)}>{text(value)}</{tag}>"]
    if not isinstance(value, dict):
        raise ValueError(f"{tag}: text, object or array expected")
    attributes = "".join(
        f' {_name(key[1:])}="{text(content).replace(chr(34), "&quot;")}"'
        for key, content in value.items()
        if key.startswith("@")
    )
    out = [f"<{_name(tag)}{attributes}>"]
    for key, content in value.items():
        if not key.startswith("@"):
            out.extend(_write(key, content))
    out.append(f"</{tag}>")
    return out


def _name(tag: str) -> str:
    if not tag.replace("_", "").isalnum() or not tag.isascii():
        raise ValueError(f"{tag!r} is no element name")
    return tag
