"""What XAdES timestamps are over (ETSI EN 319 132-1 5.3, 5.5.2), for any signature of any maker.

Canonicalisation is lxml's. :class:`NotComputableError` names what this routine
does not do (XSLT, XPath, XPointer, external files, C14N 1.1 with ``xml:``
attributes): our own signatures have none of it.
"""

from __future__ import annotations

import base64
from copy import deepcopy

from lxml import etree

from hocbaso_app.signing.xades import DS, EXC_C14N, XADES

from .slot import XADES141

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
_METHODS = {
    C14N: (False, False),
    f"{C14N}#WithComments": (False, True),
    _C14N_11: (False, False),
    f"{_C14N_11}#WithComments": (False, True),
    EXC_C14N: (True, False),
    f"{EXC_C14N}WithComments": (True, True),
}
_ENVELOPED = f"{DS}enveloped-signature"
_BASE64 = f"{DS}base64"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ARCHIVES = (f"{{{XADES141}}}ArchiveTimeStamp", f"{{{XADES}}}ArchiveTimeStamp")


class NotComputableError(ValueError):
    """The signature uses something that this routine does not do."""


def canonical(element: etree._Element, method: str) -> bytes:
    """An element by an algorithm's URI."""
    if method not in _METHODS:
        raise NotComputableError(f"canonicalisation {method}")
    exclusive, comments = _METHODS[method]
    inherited = (name for above in element.iterancestors() for name in above.attrib if str(name).startswith(_XML))
    if not exclusive and any(name not in element.attrib for name in inherited):
        raise NotComputableError("inherited xml: attributes")
    octets = etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=comments, with_tail=False)
    return bytes(octets)


def method_of(stamp: etree._Element) -> str:
    """The canonicalisation a timestamp names; C14N 1.0 without one."""
    named = stamp.find(f"{{{DS}}}CanonicalizationMethod")
    return C14N if named is None else str(named.get("Algorithm"))


def signature_timestamp_input(signature: etree._Element, stamp: etree._Element) -> bytes:
    """The SignatureValue element."""
    value = signature.find(f"{{{DS}}}SignatureValue")
    if value is None:
        raise NotComputableError("no SignatureValue")
    return canonical(value, method_of(stamp))


def archive_timestamp_input(signature: etree._Element, stamp: etree._Element) -> bytes:
    """All that is signed, the signature, and every unsigned property before ``stamp`` (not distributed)."""
    if stamp.find(f"{{{XADES}}}Include") is not None:
        raise NotComputableError("Include")
    method = method_of(stamp)
    info = signature.find(f"{{{DS}}}SignedInfo")
    if info is None:
        raise NotComputableError("no SignedInfo")
    parts = [_referenced(signature, reference, method) for reference in info.iterchildren(f"{{{DS}}}Reference")]
    for tag in ("SignedInfo", "SignatureValue", "KeyInfo"):
        parts += [canonical(element, method) for element in signature.iterchildren(f"{{{DS}}}{tag}")]
    parent = stamp.getparent()
    assert parent is not None
    for element in parent.iterchildren(tag=etree.Element):
        if element is stamp:
            break
        parts.append(canonical(element, method))
    for item in signature.iterchildren(f"{{{DS}}}Object"):
        if item.find(f"{{{XADES}}}QualifyingProperties") is None:
            parts.append(canonical(item, method))
    return b"".join(parts)


def archive_input_to_come(signature: etree._Element, method: str = EXC_C14N) -> bytes:
    """The same for an archive timestamp that will be the last property."""
    properties = signature.find(f".//{{{XADES}}}UnsignedSignatureProperties")
    if properties is None:
        raise NotComputableError("no unsigned properties")
    stamp = etree.SubElement(properties, _ARCHIVES[0])
    etree.SubElement(stamp, f"{{{DS}}}CanonicalizationMethod", Algorithm=method)
    try:
        return archive_timestamp_input(signature, stamp)
    finally:
        properties.remove(stamp)


def _referenced(signature: etree._Element, reference: etree._Element, method: str) -> bytes:
    """A reference's octets after its transforms; a node set that is left is canonicalised by ``method``."""
    node: etree._Element | bytes = _target(signature, reference.get("URI"))
    for transform in reference.iterfind(f"{{{DS}}}Transforms/{{{DS}}}Transform"):
        algorithm = str(transform.get("Algorithm"))
        if isinstance(node, bytes):
            raise NotComputableError(f"{algorithm} on octets")
        if algorithm == _ENVELOPED:
            node = _without(node, signature)
        elif algorithm == _BASE64:
            node = base64.b64decode("".join(map(str, node.itertext())))
        elif algorithm in _METHODS and not len(transform):
            node = canonical(node, algorithm)
        else:
            raise NotComputableError(f"transform {algorithm}")
    return node if isinstance(node, bytes) else canonical(node, method)


def _target(signature: etree._Element, uri: str | None) -> etree._Element:
    root = signature.getroottree().getroot()
    if uri == "":
        return root
    if uri is None or not uri.startswith("#") or uri.startswith("#xpointer"):
        raise NotComputableError(f"reference {uri}")
    found = [
        e for e in root.iter(etree.Element) if uri[1:] in (e.get("Id"), e.get("ID"), e.get("id"), e.get(f"{_XML}id"))
    ]
    if len(found) != 1:
        raise NotComputableError(f"{len(found)} elements {uri}")
    return found[0]


def _without(node: etree._Element, signature: etree._Element) -> etree._Element:
    tree = node.getroottree()
    path = tree.getelementpath(signature)
    copied = deepcopy(tree)
    kept = copied.find(tree.getelementpath(node)) if node is not tree.getroot() else copied.getroot()
    enveloped = copied.find(path)
    parent = enveloped.getparent() if enveloped is not None else None
    if enveloped is None or parent is None or kept is None:
        raise NotComputableError("the signature is the whole document")
    _remove(enveloped, parent)
    return kept


def _remove(element: etree._Element, parent: etree._Element) -> None:
    """With its tail left where it is."""
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    element.tail = None
    parent.remove(element)
