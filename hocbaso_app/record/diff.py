"""Field by field, what differs between two records, and which signed parts that touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from . import formats, model
from .xml_codec import part_id

WHOLE = "thongtinhocba"
VERSION_ELEMENTS = frozenset(
    {"MA_TRA_CUU_UUID", "NGAY_TAO_HOC_BA", "NGAY_KY_PHAT_HANH_HOC_BA", "LAN_PHAT_HANH", "MA_BI_THAY_THE", "LAN"}
)
"""Elements that always differ between two versions and carry no content."""


@dataclass(frozen=True, slots=True)
class Change:
    """One element with another value; ``None`` where it is absent. ``part`` is the smallest signed part it lies in."""

    path: str
    element: str
    label: str
    old: str | None
    new: str | None
    part: str


@dataclass(frozen=True, slots=True)
class Value:
    """One element that is there, with its value."""

    path: str
    element: str
    label: str
    value: str
    part: str


def values(record: model.Record) -> list[Value]:
    """Everything a record says, in file order, without what belongs to the version."""
    return [
        Value("/".join(path), path[-1], label(path[-1]), value, _part(path))
        for path, value in _leaves(record)
        if path[-1] not in VERSION_ELEMENTS
    ]


def diff(old: model.Record, new: model.Record, *, with_version_elements: bool = False) -> list[Change]:
    """Changes in file order."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    paths = list(before) + [path for path in after if path not in before]
    changes = []
    for path in paths:
        name = path[-1]
        if before.get(path) == after.get(path) or (name in VERSION_ELEMENTS and not with_version_elements):
            continue
        changes.append(Change("/".join(path), name, label(name), before.get(path), after.get(path), _part(path)))
    return changes


def touched_parts(changes: Iterable[Change]) -> frozenset[str]:
    """Ids of the subject parts that the changes lie in."""
    return frozenset(change.part for change in changes if change.part != WHOLE)


def _part(path: tuple[str, ...]) -> str:
    return part_id(path[1].split("[")[1].rstrip("]")) if path[0] == "BANG_DIEM" else WHOLE


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, tag, item in model.elements_of(type(value)):
        content = getattr(value, name)
        if content is None:
            continue
        if isinstance(content, str):
            yield (*path, tag), content
        elif item is None:
            yield from _leaves(content, (*path, tag))
        else:
            for number, entry in enumerate(content, 1):
                key = getattr(entry, "subject_code", str(number))
                yield from _leaves(entry, (*path, tag, f"{item}[{key}]"))


@cache
def _labels() -> dict[str, str]:
    """Of elements that share a name the first of the XSD: that of the general group before a citation's."""
    root = etree.fromstring(formats.schema_text())
    xs = {"xs": "http://www.w3.org/2001/XMLSchema"}
    labels: dict[str, str] = {}
    for node in root.iterfind(".//xs:element", xs):
        text = node.findtext("xs:annotation/xs:documentation", "", xs)
        if text:
            labels.setdefault(str(node.get("name")), text)
    return labels


def label(name: str) -> str:
    """The Vietnamese label of an element, from the XSD; the name itself when it has none."""
    return _labels().get(name) or name
