"""Writes docs/format.md, the obligation table of the file format, from the XSD of the format version.

Usage: format_docs.py [--check]; with --check it writes nothing and exits 1 when the page is not what the XSD says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from hocbaso_app.record import formats

XS = "{http://www.w3.org/2001/XMLSchema}"
WHY = "{urn:hocbaso:docs}why"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "format.md"

# The XSD annotates values; these groups of the tree stand in the text of CV 2088 v1.0, the other groups are ours.
OFFICIAL_GROUPS = frozenset(
    {
        *("HOC_BA", "DU_LIEU_HOC_BA", "THONG_TIN_CHUNG", "QUA_TRINH_HOC_TAP", "TONG_KET"),
        *("DANH_SACH_THONG_TIN_KY", "GVBM", "GVCN", "CBQL", "KY_PHAT_HANH", "NGAY_KY", "SO_CCCD"),
    }
)

ATTRIBUTES = {"Id": "Điểm mà chữ ký số tham chiếu", "TRANG": "Trang của mẫu giấy"}

HEAD = """# The file format {version}

Written by `make docs` from `hocbaso_app/record/formats/hp_1/hoc_ba.xsd`, the one source of types,
lengths and obligation; the JSON Schema beside it is made from it too. Change the XSD, never this page.

A record is the UTF-8 bytes of exclusive canonical XML: no XML declaration, byte order mark or space between elements,
no comment, no processing instruction. Text is in Unicode form NFC and lengths count its characters. An element that has
no value is left out, never empty; only a signature slot is empty until it is signed.

*official* = the name stands in CV 2088/BGDĐT-GDTH v1.0 (spelled as printed there); *ours* = the profile adds it.
Lengths follow the National Data Centre's dictionary of 2025 where it has the field.
`[n]` after a name: at most n times. `@` before a name: an attribute.

## Obligation table

| Element | Meaning | Name | Type | Length | Mandatory |
|---|---|---|---|---|---|
"""

TAIL = """
## Departures from CV 2088 v1.0

- Subject results, qualities and remarks are groups of their own, so that each subject teacher signs exactly one part
  (`DIEM_TONG_KET` with its `Id`); pupil, school, year, kind of page, dates and `LAN` stand in each part, so that it
  cannot be moved to another pupil, year or revision.
- The manager's and the seal's slots stand in `PHAT_HANH_HOC_BA`, outside what they sign.
- What the table calls *ours* has no official name known to us.
- These are mandatory in v1.0 or by the form and may be absent here, each for a reason:

{optional}

Slots hold `ds:Signature` (XMLDSig with XAdES B-B or B-T) and before it the time, and for persons the CCCD number, that
must equal those of the signature. What each slot covers is in [architecture.md](architecture.md); the one
unsigned property that a signature may have is one timestamp: [timestamps.md](timestamps.md).
"""


@dataclass(frozen=True)
class Line:
    """One row of the table: an element or attribute at its place in the tree."""

    depth: int
    name: str
    meaning: str
    origin: str
    kind: str
    length: str
    mandatory: bool
    why: str

    def markdown(self) -> str:
        """The row as Markdown, indented by depth."""
        name = "&nbsp;&nbsp;" * self.depth + f"`{self.name}`"
        mandatory = "yes" if self.mandatory else f"no{': ' + self.why if self.why else ''}"
        return f"| {name} | {self.meaning} | {self.origin} | {self.kind} | {self.length} | {mandatory} |"


class Schema:
    """The parts of an XSD that this page needs."""

    def __init__(self, version: str) -> None:
        self.root = etree.fromstring(formats.schema_text(version))
        self.types = {node.get("name", ""): node for node in self.root if node.get("name")}

    def lines(self) -> Iterator[Line]:
        """All elements and attributes in document order."""
        top = self.root.find(f"{XS}element")
        assert top is not None
        yield from self._element(top, 0, outer_optional=False)

    def _element(self, node: etree._Element, depth: int, *, outer_optional: bool) -> Iterator[Line]:
        name, type_name = node.get("name", ""), node.get("type", "")
        of_type = node.find(f"{XS}complexType")
        if of_type is None:
            of_type = self.types.get(type_name)
        annotation = f"{XS}annotation/{XS}"
        source, note = node.find(annotation + "appinfo"), node.find(annotation + "documentation")
        official = name in OFFICIAL_GROUPS if source is None else source.get("source") == "CV 2088"
        group = of_type is None or of_type.tag == f"{XS}complexType"
        kind, length = ("group", "") if group else self._simple(of_type)
        limit = node.get("maxOccurs", "1")
        yield Line(
            depth,
            name if limit == "1" else f"{name} [{limit}]",
            (note.text or "") if note is not None else "",
            "official" if official else "ours",
            kind,
            length,
            node.get("minOccurs") != "0" and not outer_optional,
            note.get(WHY, "") if note is not None else "",
        )
        if group and of_type is not None:
            yield from self._children(of_type, depth + 1)

    def _children(self, of_type: etree._Element, depth: int) -> Iterator[Line]:
        for attribute in of_type.findall(f"{XS}attribute"):
            fixed = attribute.get("fixed")
            kind = f"`{fixed}`" if fixed else "text"
            name = attribute.get("name", "")
            yield Line(depth, f"@{name}", ATTRIBUTES[name], "ours", kind, "", True, "")
        for sequence in of_type.findall(f"{XS}sequence"):
            slot = sequence.get("minOccurs") == "0"
            for child in sequence:
                if child.tag == f"{XS}element":
                    yield from self._element(child, depth, outer_optional=slot)
                elif child.tag == f"{XS}group":
                    yield Line(depth, "ds:Signature", "Chữ ký số", "official", "XMLDSig", "", False, "")

    def _simple(self, node: etree._Element | None) -> tuple[str, str]:
        """Type and length of a simple type as they are read by people."""
        assert node is not None
        restriction = node[0]
        facets: dict[str, list[str]] = {}
        for facet in restriction:
            facets.setdefault(etree.QName(facet).localname, []).append(facet.get("value", ""))
        base = restriction.get("base", "").removeprefix("xs:")
        if "enumeration" in facets:
            values = facets["enumeration"]
            return " · ".join(f"`{value}`" for value in values), str(max(map(len, values)))
        if "maxLength" in facets:
            return "text", f"{facets['minLength'][0]}–{facets['maxLength'][0]}"
        if base == "decimal":
            low, high = facets["minInclusive"][0], facets["maxInclusive"][0]
            return f"decimal {low}–{high}, at most {facets['fractionDigits'][0]} places", ""
        if base in ("date", "dateTime"):
            return ("date `YYYY-MM-DD`", "10") if base == "date" else ("time `YYYY-MM-DDThh:mm:ss+07:00`", "25")
        (pattern,) = facets["pattern"]
        return "pattern `" + pattern.replace("|", "\\|") + "`", width(pattern)


def width(pattern: str) -> str:
    """How many characters a pattern of literals, classes, counts and alternatives allows: "12" or "1–3"."""
    widths = []
    for alternative in pattern.split("|"):
        low = high = 0
        for least, most in re.findall(r"(?:\[[^]]*\]|\\.|.)(?:\{(\d+)(?:,(\d+))?\})?", alternative):
            low += int(least or 1)
            high += int(most or least or 1)
        widths += [low, high]
    return f"{min(widths)}–{max(widths)}" if min(widths) != max(widths) else str(widths[0])


def page(version: str) -> str:
    """The page for one format version."""
    lines = list(Schema(version).lines())
    reasons: dict[str, list[str]] = {}
    for line in lines:
        if line.why:
            reasons.setdefault(line.why, []).append(f"`{line.name}`")
    optional = [f"  - {why}: {', '.join(names)}" for why, names in reasons.items()]
    table = "\n".join(line.markdown() for line in lines)
    return HEAD.format(version=version) + table + "\n" + TAIL.format(optional="\n".join(optional))


def main(arguments: list[str]) -> int:
    """Writes or checks the page."""
    text = page(formats.HP_1)
    if arguments == ["--check"]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
