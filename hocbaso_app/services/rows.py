"""Documents read and written by the table: what the steps of a whole class need, in a few statements.

``load`` reads many documents at once and remembers what it read; ``write`` then writes what a service changed and
nothing else. Only services use it, after the checks of their step: no field rule, no form hook and no history of
versions runs here, since the audit trail tells a service's step. The row's lock is held until the transaction ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import frappe
from frappe.utils import now

NUMERIC = frozenset({"Check", "Currency", "Float", "Int", "Percent"})

CHUNK = 50
"""Documents that one step takes together: memory and locks stay small, statements few."""


def chunks(names: Sequence[str]) -> Iterable[list[str]]:
    """The names in order, :data:`CHUNK` at a time."""
    for start in range(0, len(names), CHUNK):
        yield list(names[start : start + CHUNK])


def load(doctype: str, names: Sequence[str], *, without: Sequence[str] = ()) -> list[Any]:
    """Those of these documents that are there, rows locked, in the order of ``names``; ``without``: tables left empty.

    Rows are locked in the order of their names, whatever the caller's, so that two callers can't wait for each other.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return []
    own = frappe.db.sql(
        f"select * from `tab{doctype}` force index (primary) where name in %(names)s order by name for update",
        {"names": tuple(wanted)},
        as_dict=True,
    )
    tables = frappe.get_meta(doctype).get_table_fields()
    found: dict[str, Any] = {}
    first: Any = None
    for row in own:
        first = first or frappe.get_doc({**row, "doctype": doctype})
        found[row.name] = like(first, {**row, **{field.fieldname: [] for field in tables}})
    if not found:
        return []
    for field in tables:
        if field.fieldname not in without:
            _add_rows(doctype, field, found)
    documents = [found[name] for name in wanted if name in found]
    for doc in documents:
        remember(doc)
    return documents


def _add_rows(doctype: str, field: Any, found: dict[str, Any]) -> None:
    read = frappe.db.sql(
        f"select * from `tab{field.options}` force index (parent) where parent in %(names)s and parenttype = %(kind)s"
        " and parentfield = %(field)s order by parent, idx for update",
        {"names": tuple(found), "kind": doctype, "field": field.fieldname},
        as_dict=True,
    )
    for parent, group in groupby(read, key=itemgetter("parent")):
        first, *others = group
        row = found[parent].append(field.fieldname, first)
        found[parent].get(field.fieldname).extend(like(row, values) for values in others)


def like(row: Any, values: dict[str, Any]) -> Any:
    """Another document of the same kind: all that Frappe's constructor gave the first one, with these values."""
    other = object.__new__(type(row))
    other.__dict__.update(row.__dict__, **values, flags=frappe._dict())
    return other


def remember(doc: Any) -> None:
    """Keep the values that the database holds now."""
    known = {(row.doctype, row.name): row.__dict__.copy() for row in (doc, *doc.get_all_children())}
    del known[doc.doctype, doc.name]["flags"]  # they hold what is kept here: a circle would outlive the step
    doc.flags.hbs_stored = known


def stored(doc: Any) -> dict[str, Any] | None:
    """The document's own values as they were read; None when it was not read by :func:`load` or written since."""
    known = doc.flags.hbs_stored
    return known[doc.doctype, doc.name] if known else None


def write(documents: Sequence[Any]) -> None:
    """Changed values of loaded documents and their tables; rows that are new or gone too."""
    moment, user = now(), frappe.session.user
    updates: dict[tuple[str, tuple[tuple[str, Any], ...]], list[str]] = defaultdict(list)
    gone: dict[str, list[str]] = defaultdict(list)
    new: dict[str, list[Any]] = defaultdict(list)
    for doc in documents:
        known = doc.flags.pop("hbs_stored")
        kept = set()
        for row in (doc, *doc.get_all_children()):
            key = (row.doctype, row.get("name"))
            if key not in known:
                new[row.doctype].append(row)
                continue
            kept.add(key)
            changed = _changed(row, known[key])
            if changed or row is doc:
                changed.update({"modified": moment, "modified_by": user})
                updates[row.doctype, tuple(sorted(changed.items()))].append(row.name)
        for doctype, name in known.keys() - kept:
            gone[doctype].append(name)
    for doctype, missing in gone.items():
        frappe.db.sql(f"delete from `tab{doctype}` where name in %(names)s", {"names": tuple(missing)})
    for (doctype, pairs), names in updates.items():
        numbers = _numbers(doctype)
        update(doctype, names, {c: 0 if value is None and c in numbers else value for c, value in pairs})
    for doctype, added in new.items():
        insert(doctype, added)
    forget(documents)
    for doc in documents:
        doc.modified, doc.modified_by = moment, user
        doc.notify_update()


def _changed(row: Any, before: dict[str, Any]) -> dict[str, Any]:
    values = row.__dict__
    if values == before:
        return {}
    return {c: values.get(c) for c in _columns(row.doctype) if values.get(c) != before.get(c)}


def forget(documents: Sequence[Any]) -> None:
    """Out of Frappe's cache: now, and again when the transaction ends, whatever the end."""
    keys = [frappe.get_document_cache_key(doc.doctype, doc.name) for doc in documents]
    clear = partial(frappe.cache.delete_value, keys)
    clear()
    frappe.db.after_commit.add(clear)
    frappe.db.after_rollback.add(clear)


def update(doctype: str, names: Sequence[str], values: dict[str, Any], *, where: dict[str, Any] | None = None) -> int:
    """The same values in each of these rows, where they still hold what ``where`` says; how many rows changed."""
    if not names:
        return 0
    assignments = ", ".join(f"`{column}` = %s" for column in values)
    conditions = "".join(f" and `{column}` = %s" for column in where or ())
    places = ", ".join(["%s"] * len(names))
    frappe.db.sql(
        f"update `tab{doctype}` set {assignments} where name in ({places}){conditions}",
        [*values.values(), *names, *(where or {}).values()],
    )
    return int(frappe.db._cursor.rowcount)


def update_each(doctype: str, column: str, values: dict[str, Any]) -> None:
    """One column, another value in each row (name → value), in one statement."""
    if values:
        cases = " ".join(["when %s then %s"] * len(values))
        places = ", ".join(["%s"] * len(values))
        frappe.db.sql(
            f"update `tab{doctype}` set `{column}` = case name {cases} end, modified = %s, modified_by = %s"
            f" where name in ({places})",
            [*(part for pair in values.items() for part in pair), now(), frappe.session.user, *values],
        )


def insert(doctype: str, documents: Sequence[Any]) -> None:
    """New rows in one statement. A document of its own has its name already; rows of a table get theirs here."""
    if not documents:
        return
    moment, user = now(), frappe.session.user
    columns, numeric = _columns(doctype), _numbers(doctype)
    numbers = [place for place, column in enumerate(columns) if column in numeric]
    values: list[Any] = []
    for doc in documents:
        doc.name = doc.get("name") or frappe.generate_hash(length=10)
        doc.creation = doc.modified = moment
        doc.owner = doc.modified_by = user
        doc.docstatus, doc.idx = doc.get("docstatus") or 0, doc.get("idx") or 0
        setattr(doc, "__islocal", None)
        own = doc if isinstance(doc, dict) else doc.__dict__
        values += [own.get(c) for c in columns]
        for place in numbers:
            values[place - len(columns)] = values[place - len(columns)] or 0
    row = f"({', '.join(['%s'] * len(columns))})"
    names = ", ".join(f"`{column}`" for column in columns)
    frappe.db.sql(f"insert into `tab{doctype}` ({names}) values {', '.join([row] * len(documents))}", values)


def names(prefix: str, digits: int, count: int) -> list[str]:
    """``count`` names in a row of a naming series, taken at once."""
    from frappe.model.naming import getseries

    first = int(getseries(prefix, digits))
    if count > 1:
        frappe.db.sql("update `tabSeries` set `current` = `current` + %s where name = %s", (count - 1, prefix))
    return [f"{prefix}{number:0{digits}d}" for number in range(first, first + count)]


def _numbers(doctype: str) -> frozenset[str]:
    """Columns that are never empty in the database."""
    return frozenset(f.fieldname for f in frappe.get_meta(doctype).fields if f.fieldtype in NUMERIC)


def _columns(doctype: str) -> list[str]:
    return frappe.get_meta(doctype).get_valid_columns()
