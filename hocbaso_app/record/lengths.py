"""How long a value may be: the XSD's number, counted in NFC characters (a Vietnamese letter counts once)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from lxml import etree

from . import formats, model

_XS = {"xs": "http://www.w3.org/2001/XMLSchema"}
_GROUPS: dict[type[Any], str] = {
    model.General: "general",
    model.Summary: "summary",
    model.SubjectResult: "subjectResult",
    model.Qualities: "qualities",
    model.Remarks: "remarks",
}
_BLANKS = re.compile("[\t\u00a0\u202f]")


@model.once_per_class
def limits(kind: type[Any]) -> dict[str, int]:
    """Field name → most NFC characters, of the free-text fields of a group."""
    root = etree.fromstring(formats.schema_text())
    most = {
        str(node.getparent().getparent().get("name")): int(node.get("value", ""))  # type: ignore[union-attr]
        for node in root.iterfind("xs:simpleType/xs:restriction/xs:maxLength", _XS)
    }
    types = {
        str(node.get("name")): str(node.get("type"))
        for node in root.iterfind(f"xs:complexType[@name='{_GROUPS[kind]}']//xs:element", _XS)
    }
    return {name: most[types[tag]] for name, tag, _item in model.elements_of(kind) if types.get(tag) in most}


def length(text: str) -> int:
    """Number of characters after composing letters and their marks, as the XSD counts them in a file."""
    return len(unicodedata.normalize("NFC", text))


def tidy(text: str) -> str:
    """Typed or pasted text as it may stand in a file: NFC, plain blanks and line ends, none at either end."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _BLANKS.sub(" ", text).strip()
