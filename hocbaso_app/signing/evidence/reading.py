"""Evidence files of anybody to values; what is not in this app's one spelling is refused."""

from __future__ import annotations

import base64

from lxml import etree

from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.validation_data import ValidationData

from .lately import Lately
from .record import DIGEST_METHODS, ArchiveTimeStamp, Chain, EvidenceError, EvidenceRecord, TimeStamp, render

MAX_BYTES = 32 << 20
"""A bundle holds revocation lists, and those of a national authority are large."""
MAX_TIMESTAMPS = 200
SHARED: Lately[TimeStamp] = Lately(32 << 20)
"""One object for all records of one timestamp, so that thousands of them fit into memory."""
_ALGORITHMS = {uri: name for name, uri in DIGEST_METHODS.items()}


def read(octets: bytes) -> tuple[EvidenceRecord, tuple[tuple[str, bytes], ...]]:
    """The record and its supporting information; :class:`EvidenceError` for anything that is not exactly one."""
    if len(octets) > MAX_BYTES:
        raise unreadable(f"more than {MAX_BYTES} octets")
    if b"<!" in octets or b"<?" in octets:
        raise unreadable("comments, processing instructions, CDATA, DTD and XML declarations are not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="UTF-8")
    try:
        root = etree.fromstring(octets, parser)
        chains = tuple(_chain(one) for one in root[-1])
        supporting = tuple((one.get("Type", ""), _octets(one)) for one in root[0]) if len(root) == 2 else ()
        if sum(len(chain.timestamps) for chain in chains) > MAX_TIMESTAMPS:
            raise ValueError(f"more than {MAX_TIMESTAMPS} timestamps")
        if not chains or render(chains, supporting) != octets:
            raise ValueError("another spelling than this app's, or something more than RFC 6283 has")
    except (etree.XMLSyntaxError, *MALFORMED) as error:
        raise unreadable(str(error)) from error
    return EvidenceRecord(chains), supporting


def unreadable(why: str) -> EvidenceError:
    """The one refusal of an evidence file."""
    return EvidenceError(
        "EVIDENCE_UNREADABLE",
        "Tệp bằng chứng (.evidence) hỏng hoặc đã bị sửa. Hãy lấy lại tệp này từ bản lưu; tệp học bạ vẫn còn nguyên.",
        f"no evidence record: {why}",
    )


def _chain(element: etree._Element) -> Chain:
    timestamps = tuple(_timestamp(one) for one in list(element)[2:])
    if not timestamps:
        raise ValueError("an empty chain")
    return Chain(_ALGORITHMS[element[0].get("Algorithm", "")], timestamps)


def _timestamp(element: etree._Element) -> ArchiveTimeStamp:
    lists = element[0] if len(element) == 2 else ()
    path = tuple(tuple(_octets(value) for value in one) for one in lists)
    return ArchiveTimeStamp(path, _stamp(element[-1]))


def _stamp(element: etree._Element) -> TimeStamp:
    kinds: dict[str, list[bytes]] = {"CERT": [], "CRL": [], "OCSP": []}
    for one in element[1] if len(element) == 2 else ():
        kinds[one.get("Type", "")].append(_octets(one))
    data = ValidationData.of(kinds["CERT"], kinds["CRL"], kinds["OCSP"])
    stamp = TimeStamp(_octets(element[0]), data)
    return SHARED.get(stamp, lambda: stamp, TimeStamp.size)


def _octets(element: etree._Element) -> bytes:
    return base64.b64decode(element.text or "", validate=True)
