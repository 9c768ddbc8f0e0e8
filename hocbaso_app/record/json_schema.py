"""JSON Schema (draft 2020-12) of a format version, made from its XSD so that there is one source.

``python -m hocbaso_app.record.json_schema`` writes it beside the XSD.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lxml import etree

from . import formats

_XS = "{http://www.w3.org/2001/XMLSchema}"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def schema(version: str = formats.HP_1) -> dict[str, Any]:
    """The JSON Schema as a value."""
    root = etree.fromstring(formats.schema_text(version))
    definitions: dict[str, Any] = {}
    for node in root:
        if node.tag == f"{_XS}simpleType":
            definitions[node.get("name", "")] = _simple(node[0])
        elif node.tag == f"{_XS}complexType":
            definitions[node.get("name", "")] = _complex(node)
    top = root.find(f"{_XS}element[@name='HOC_BA']/{_XS}complexType")
    assert top is not None
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:hocbaso:format:{version}",
        "title": "Học bạ số cấp Tiểu học",
        "type": "object",
        "properties": {"HOC_BA": _complex(top)},
        "required": ["HOC_BA"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _simple(restriction: etree._Element) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "string"}
    patterns, values = [], []
    for facet in restriction:
        kind, value = etree.QName(facet).localname, facet.get("value", "")
        if kind == "pattern":
            patterns.append(value)
        elif kind == "enumeration":
            values.append(value)
        elif kind in ("minLength", "maxLength"):
            out[kind] = int(value)
        else:
            out.setdefault("$comment", "")
            out["$comment"] += f"{kind} {value}; "
    if patterns:
        out["pattern"] = f"^(?:{'|'.join(patterns)})$"
    if values:
        out["enum"] = values
    return out


def _complex(node: etree._Element) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for attribute in node.findall(f"{_XS}attribute"):
        name = f"@{attribute.get('name')}"
        fixed = attribute.get("fixed")
        properties[name] = {"const": fixed} if fixed else {"type": "string"}
        required.append(name)
    sequence = node.find(f"{_XS}sequence")
    assert sequence is not None
    optional = sequence.get("minOccurs") == "0"
    inside: list[str] = []
    for item in sequence:
        if item.tag == f"{_XS}group":
            properties["Signature"] = {"type": "string", "contentEncoding": "base64"}
            inside.append("Signature")
            continue
        name = item.get("name", "")
        reference = {"$ref": f"#/$defs/{item.get('type')}"}
        many = item.get("maxOccurs")
        properties[name] = (
            {"type": "array", "items": reference, "minItems": 1, "maxItems": int(many)} if many else reference
        )
        if item.get("minOccurs") != "0":
            inside.append(name)
    if optional:
        return _object(properties, required) | {"dependentRequired": dict.fromkeys(inside, inside)}
    return _object(properties, required + inside)


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def text(version: str = formats.HP_1) -> str:
    """The published spelling of :func:`schema`."""
    return json.dumps(schema(version), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    (Path(formats.__file__).parent / "hp_1" / "hoc_ba.schema.json").write_text(text(), encoding="utf-8")
