"""Evidence records in anybody's spelling, for vectors made by others: every canonical form is lxml's."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from hocbaso_app.signing.evidence.linking import Digests
from hocbaso_app.signing.evidence.record import (
    DIGEST_METHODS,
    ERS,
    ArchiveTimeStamp,
    Chain,
    EvidenceRecord,
    TimeStamp,
)
from hocbaso_app.signing.validation_data import ValidationData

NS = {"e": ERS}
EXCLUSIVE, INCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def canonical(element: etree._Element, method: str) -> bytes:
    exclusive = method in (EXCLUSIVE, EXCLUSIVE + "WithComments")
    if not exclusive and method not in (INCLUSIVE, INCLUSIVE + "#WithComments"):
        raise ValueError(method)
    alone = etree.fromstring(etree.tostring(element, with_tail=False))  # libxml2's C14N 1.0 errs on subtrees
    return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=method.endswith("WithComments"))


def _values(parent: etree._Element, path: str) -> list[bytes]:
    return [base64.b64decode("".join(e.itertext())) for e in parent.findall(path, NS)]


def _in_order(parent: etree._Element, path: str) -> list[etree._Element]:
    return sorted(parent.findall(path, NS), key=lambda e: int(e.get("Order")))


@dataclass(frozen=True)
class ForeignRecord(EvidenceRecord):
    root: etree._Element = field(default=None)  # type: ignore[assignment]
    methods: tuple[str, ...] = ()

    def _chains(self) -> list[etree._Element]:
        return _in_order(self.root, "e:ArchiveTimeStampSequence/e:ArchiveTimeStampChain")

    def timestamp_octets(self, chain: int, number: int) -> bytes:
        one = _in_order(self._chains()[chain], "e:ArchiveTimeStamp")[number]
        return canonical(one.find("e:TimeStamp", NS), self.methods[chain])

    def sequence_octets(self, count: int) -> bytes:
        root = copy.deepcopy(self.root)
        sequence = root.find("e:ArchiveTimeStampSequence", NS)
        for chain in _in_order(sequence, "e:ArchiveTimeStampChain")[count:]:
            before = chain.getprevious()  # removing takes the text after it too
            if chain.tail and before is not None:
                before.tail = (before.tail or "") + chain.tail
            sequence.remove(chain)
        return canonical(sequence, self.methods[count])


def read_foreign(data: bytes) -> ForeignRecord:
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    if root.tag != f"{{{ERS}}}EvidenceRecord":
        root = root.find(".//e:EvidenceRecord", NS)
    algorithms = {uri: name for name, uri in DIGEST_METHODS.items()}
    chains, methods = [], []
    for chain in _in_order(root, "e:ArchiveTimeStampSequence/e:ArchiveTimeStampChain"):
        methods.append(chain.find("e:CanonicalizationMethod", NS).get("Algorithm"))
        stamps = tuple(
            ArchiveTimeStamp(
                tuple(tuple(_values(s, "e:DigestValue")) for s in _in_order(a, "e:HashTree/e:Sequence")),
                TimeStamp(_values(a, "e:TimeStamp/e:TimeStampToken")[0], _data(a)),
            )
            for a in _in_order(chain, "e:ArchiveTimeStamp")
        )
        chains.append(Chain(algorithms[chain.find("e:DigestMethod", NS).get("Algorithm")], stamps))
    return ForeignRecord(tuple(chains), root, tuple(methods))


def _data(stamp: etree._Element) -> ValidationData:
    found: dict[str, list[bytes]] = {"CERT": [], "CRL": [], "OCSP": []}
    for one in stamp.findall("e:TimeStamp/e:CryptographicInformationList/e:CryptographicInformation", NS):
        found[one.get("Type", "")].append(base64.b64decode("".join(one.itertext())))
    return ValidationData.of(found["CERT"], found["CRL"], found["OCSP"])


def group_of(documents: Sequence[bytes], method: str) -> Digests:
    """RFC 6283 4.1.2: XML among the archived data is digested in canonical form."""

    def octets(document: bytes) -> bytes:
        try:
            return canonical(etree.fromstring(document), method)
        except etree.XMLSyntaxError:
            return document

    kept = [octets(document) for document in documents]
    return lambda algorithm: frozenset(hashlib.new(algorithm, one).digest() for one in kept)
