"""Format versions: one folder each, its XSD the only source of types, lengths and obligation."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lxml import etree

HP_1 = "hp-1"
_FOLDERS = {HP_1: "hp_1"}


def schema_text(version: str = HP_1) -> bytes:
    """The XSD of a format version; ``KeyError`` for an unknown one."""
    return files(__package__).joinpath(_FOLDERS[version]).joinpath("hoc_ba.xsd").read_bytes()


@cache
def schema(version: str = HP_1) -> etree.XMLSchema:
    """The compiled XSD of a format version."""
    return etree.XMLSchema(etree.fromstring(schema_text(version)))
