"""The figures as a tree: department, office, school, class; each row is the sum of those below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from hocbaso_app.services.overview import figures
from hocbaso_app.services.overview.figures import AFTER_RELEASE, COLUMNS, RECEIVED, STAGES, Asked, Figure
from hocbaso_app.services.units import history

DEPTHS = ("Office", "School", "Class")


@dataclass
class Node:
    """One row: a unit below another (by date), or a class of it."""

    key: str
    parent: str | None
    label: str
    kind: str
    unit: str
    above: str | None = None
    student_group: str = ""
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    sources: set[str] = field(default_factory=set)


def rows(asked: Asked, depth: str = "School") -> list[dict[str, Any]]:
    """Rows of the tree, each after the one above it; lagging schools first within an office."""
    tree = _Tree(asked)
    for figure in figures.collect(asked):
        tree.add(figure, with_classes=depth == "Class")
    tree.add_idle_schools()
    return tree.as_rows(depth)


class _Tree:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        columns = ["name", "unit_name", "kind", "parent_hbs_unit", "valid_from", "valid_to"]
        self.units = {row.name: row for row in frappe.get_all("HBS Unit", fields=columns, order_by="lft")}
        self.nodes: dict[str, Node] = {}
        self.visible = asked.units()

    def add(self, figure: Figure, with_classes: bool) -> None:
        node = self.school(figure.unit, figure.above)
        if with_classes and figure.student_group:
            key = f"{node.key}/{figure.student_group}"
            if key not in self.nodes:
                label = _("Class {0}").format(figure.student_group)
                self.nodes[key] = Node(
                    key, node.key, label, "Class", node.unit, node.above, student_group=figure.student_group
                )
            node = self.nodes[key]
        at: Node | None = node
        while at:
            self.count(at.numbers, figure)
            at.sources.add(figure.source)
            at = self.nodes.get(at.parent or "")

    def count(self, numbers: dict[str, int], figure: Figure) -> None:
        numbers[figure.column] += figure.records
        if figure.column not in STAGES:
            return
        numbers["records"] += figure.records
        if figure.column in AFTER_RELEASE:
            numbers["released"] += figure.records
        if figures.late_days(figure.unit, self.asked.academic_year, figure.state):
            numbers["late"] += figure.records

    def school(self, unit: str, above: str | None) -> Node:
        parent = self.unit_above(above) if above else None
        key = f"{parent.key if parent else ''}/{unit}"
        if key not in self.nodes:
            row = self.units[unit]
            self.nodes[key] = Node(key, parent.key if parent else None, self.label(unit), row.kind, unit, above)
        return self.nodes[key]

    def unit_above(self, unit: str) -> Node | None:
        """The row of an office or department; one outside the user's area has no row above it."""
        row = self.units.get(unit)
        if row is None:
            return None
        hidden = self.visible is not None and row.parent_hbs_unit not in self.visible
        over = self.unit_above(row.parent_hbs_unit) if row.parent_hbs_unit and not hidden else None
        key = f"{over.key if over else ''}/{unit}"
        if key not in self.nodes:
            self.nodes[key] = Node(key, over.key if over else None, self.label(unit), row.kind, unit)
        return self.nodes[key]

    def label(self, unit: str) -> str:
        row = self.units[unit]
        name = str(row.unit_name)
        if history.ended(row):
            return _("{0} (until {1})").format(name, formatdate(row.valid_to, "d/M/yyyy"))
        return name

    def add_idle_schools(self) -> None:
        """Schools that have not begun stand there with nothing but zeros."""
        for row in self.units.values():
            seen = self.visible is None or row.name in self.visible
            if row.kind == "School" and seen and not history.ended(row):
                self.school(row.name, row.parent_hbs_unit)

    def as_rows(self, depth: str) -> list[dict[str, Any]]:
        below: dict[str | None, list[Node]] = {}
        for node in self.nodes.values():
            below.setdefault(node.parent, []).append(node)
        found: list[dict[str, Any]] = []
        deepest = {"Office": ("Department", "Office"), "School": ("Department", "Office", "School")}.get(depth)

        def walk(parent: str | None, indent: int) -> None:
            for node in sorted(below.get(parent, []), key=_lagging_first):
                if deepest is None or node.kind in deepest or (depth == "Office" and node.parent is None):
                    found.append(self.row(node, indent))
                    walk(node.key, indent + 1)

        walk(None, 0)
        return found

    def row(self, node: Node, indent: int) -> dict[str, Any]:
        numbers = node.numbers
        return {
            "place": node.key,
            "parent_place": node.parent,
            "label": node.label,
            "indent": indent,
            "kind": node.kind,
            "unit": node.unit,
            "above": node.above,
            "student_group": node.student_group,
            "named": figures.REPORTED not in node.sources,
            "from_elsewhere": node.sources <= {figures.REPORTED, RECEIVED} and figures.REPORTED in node.sources,
            "percent": round(100 * numbers["released"] / numbers["records"], 1) if numbers["records"] else None,
            **numbers,
        }


def _lagging_first(node: Node) -> tuple[Any, ...]:
    """Late ones, then those with the smallest part released, then by name; a school without records comes first."""
    numbers = node.numbers
    share = numbers["released"] / numbers["records"] if numbers["records"] else -1.0
    if node.kind in ("Class", "Department", "Office"):
        return (0, 0.0, node.label)
    return (-numbers["late"], share, node.label)


def total(found: list[dict[str, Any]]) -> dict[str, int]:
    """Sums of the rows that stand highest."""
    return {name: sum(row[name] for row in found if row["indent"] == 0) for name in COLUMNS}
