"""Record values to canonical XML and back; the element names stand in :mod:`.model`."""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any, TypeVar

from lxml import etree

from . import model
from .canonical import text

T = TypeVar("T")
PAGES = {
    "THONG_TIN_CHUNG": "3",
    "QUA_TRINH_HOC_TAP": "3",
    "TONG_KET": "5",
    "BANG_DIEM": "4",
    "DANH_GIA_NANG_LUC_PHAM_CHAT": "5",
    "NHAN_XET_CHUNG": "5",
}
"""Page of the paper form that each group stands on (QĐ Đ2.k7), as fixed in the XSD."""


def part_id(subject_code: str) -> str:
    """Id of the part that a subject teacher signs."""
    return f"mon-{subject_code}"


def write_record(record: model.Record) -> str:
    """Groups 1 to 6 as canonical ``DU_LIEU_HOC_BA``."""
    inner = "".join(_write_fields(record))
    return f'<DU_LIEU_HOC_BA Id="data"><THONG_TIN_HOC_BA Id="thongtinhocba">{inner}</THONG_TIN_HOC_BA></DU_LIEU_HOC_BA>'


def _write_fields(value: Any) -> list[str]:
    out: list[str] = []
    for name, tag, item in model.elements_of(type(value)):
        content = getattr(value, name)
        if content is None or content == ():
            continue
        page = f' TRANG="{PAGES[tag]}"' if tag in PAGES else ""
        if item is not None:
            body = "".join(_write_item(item, entry) for entry in content)
        elif isinstance(content, str):
            body = text(content)
        else:
            body = "".join(_write_fields(content))
        out.append(f"<{tag}{page}>{body}</{tag}>")
    return out


def _write_item(tag: str, value: Any) -> str:
    identifier = f' Id="{part_id(value.subject_code)}"' if isinstance(value, model.SubjectResult) else ""
    return f"<{tag}{identifier}>{''.join(_write_fields(value))}</{tag}>"


def read_record(element: etree._Element) -> model.Record:
    """``THONG_TIN_HOC_BA``, valid against the XSD, as a :class:`~.model.Record`."""
    return _read(model.Record, element)


def _read(kind: type[T], element: etree._Element) -> T:
    values: dict[str, Any] = {}
    plan = _plan(kind)
    for child in element:
        name, inner, many = plan[child.tag]
        if many:
            values[name] = tuple(_read(inner, entry) for entry in child)
        else:
            values[name] = _read(inner, child) if inner is not str else child.text or ""
    return kind(**values)


@model.once_per_class
def _plan(kind: type[Any]) -> dict[str, tuple[str, type[Any], bool]]:
    hints = typing.get_type_hints(kind)
    plan = {}
    for f in fields(kind):
        hint = hints[f.name]
        arguments = [a for a in typing.get_args(hint) if a not in (type(None), Ellipsis)]
        plan[f.metadata["element"]] = (f.name, arguments[0] if arguments else hint, "item" in f.metadata)
    return plan
