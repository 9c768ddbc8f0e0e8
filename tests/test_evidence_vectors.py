"""Evidence records made by others (EU DSS's test resources), and RFC 6283's own schema on ours.

They are not in the repository: ``HOCBASO_VECTORS`` names a folder in which ``dss`` is a copy of github.com/esig/dss.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest
from foreign_evidence import ForeignRecord, group_of, read_foreign
from lxml import etree
from test_evidence_bundle import bundle
from test_evidence_record import made, renewed, renewed_tree

from hocbaso_app.signing.evidence.linking import Digests, Link, links
from hocbaso_app.signing.evidence.record import render
from hocbaso_app.signing.timestamps import TimestampError, read_token

DSS = Path(os.environ.get("HOCBASO_VECTORS", "/nowhere")) / "dss"
RESOURCES = DSS / "dss-evidence-record-xml/src/test/resources"
XMLERS = DSS / "specs-xmlers/src"
pytestmark = pytest.mark.skipif(
    not RESOURCES.is_dir(), reason="HOCBASO_VECTORS names no folder with dss (github.com/esig/dss) in it"
)

UUID = b"da2e47f2-53f4-4610-8210-f0f05d67d0c9"
LONG = "t/eDuu2Cl/DbkXRiGE/08I5pwtXl95qUJgD5cl9Yzh8pwYE5v4CwbA//K900c4RS7PQMSIwip+PYDN9vnBwNRw=="
SAME = "NhX4DJ0pPtdAJof5SyLVjlKbjMeRb4+sf933+9WvTPd309eVp6AKFr9+fz+5Vh7puq5IDan+ehh2nnGIawPzFQ=="
SIMPLE, KEPT = "qC9i7yNq1pZCzScV+ya3oBVRR9Y92gnDdYWTCQ8nstU=", "dCeyHarzzN3cWzVNTMKZyY00rW4gNGGto/2ZLfzpsXM="
LEVELS = "wdJQjRgWwoDzjsTFVz4hWJLb3rAf9MdJsQH474EfMAA="
PERFECT = "d6BJBxVejc24ABnmqz38Zoq85Bcf2twnb/kVM8dz51uHLLZEgEkGvtdcy5oDf5MTVSkAR+ryjiPMw3R+/mg2hg=="
NOT_PERFECT = "rZ+Vr390XICOXivb252JTm1p86XzihaSKYi2YpB48oQweb9PYzuWJiM2ijr0y+qdTfV2PLMQvILXsNWnw+h13w=="
INVALID = {
    "sha256": "sq/z8fJz0dy6uDA8Xuc4ycGpY6wdD5YcYF8FRlvixAI=",
    "sha512": "F3lElKvRVhSsXfS8P+YPEXkoK+hS9f0CPF9U/9wJ4Q7T4/UHOOmYF/PKS/0AuJkl1QL7Imw5Q983WAtFd7cTrg==",
}
PREFIX = ("MpVJQIYeSHwy2BZBjp7hlzzRYzJ2ijY05vfW0yS0OsY=", "gTKownnX+TP6TAxAhrcOHbPZ0LjUnPbD11GrTQECVOU=")
GOOD = {
    "er-Signature-C-LT.xml": Path("Signature-C-LT.p7m"),
    "er-chain-renewal-five-atschain.xml": Path("valid-xades-t.xml"),
    "er-chain-renewal-three-atschain.xml": Path("valid-xades-t.xml"),
    "er-chain-renewal-tst-renewal-chain-renewal.xml": Path("valid-xades-t.xml"),
    "er-chain-renewal-tst-renewal.xml": Path("valid-xades-t.xml"),
    "er-chain-renewal-two-atschain.xml": Path("valid-xades-t.xml"),
    "er-chain-renewal.xml": UUID,
    "er-data-group-same-digest.xml": SAME,
    "er-data-group.xml": (b"HELLO", b"BYE", b"CIAO"),
    "er-diff-prefix.xml": PREFIX,
    "er-no-hashtree-xml.xml": Path("sample-c14n.xml"),
    "er-no-hashtree.xml": LEVELS,
    "er-not-perfect-tree.xml": NOT_PERFECT,
    "er-one-level.xml": LEVELS,
    "er-perfect-tree.xml": PERFECT,
    "er-same-digest.xml": SAME,
    "er-simple-bom.xml": SIMPLE,
    "er-simple-validation-data-renewal.xml": KEPT,
    "er-simple-validation-data.xml": KEPT,
    "er-simple.xml": SIMPLE,
    "er-tst-renewal-no-hashtree.xml": LONG,
    "er-tst-renewal.xml": LONG,
    "er-two-levels.xml": LEVELS,
    "er-xml-document.xml": Path("sample-c14n.xml"),
}
"""File → what it is about: a document, a file, digests; as DSS's tests name them."""
BAD = {
    "er-chain-renewal-copied-tst-no-hashtree.xml": (UUID, "yyn"),
    "er-chain-renewal-copied-tst.xml": (UUID, "yn"),
    "er-chain-renewal-invalid.xml": (INVALID, "yn"),
    "er-chain-renewal-missing-doc-ref.xml": (UUID, "yn"),
    "er-chain-renewal-no-hashtree.xml": (UUID, "yn"),
    "er-tst-renewal-invalid.xml": ("Y0sCextp4SQtQNU+MSs7SsdxD1W+gfKJtUlEbvZ3i+4=", "ynn"),
    "er-tst-renewal-no-hashtree-invalid.xml": (LONG, "yn"),
    "er-tst-renewal-same-tst.xml": (LONG, "yn"),
    "er-two-levels.xml": ("AuXvCat2Iu4KxJAd/hPwCFSm0+hF+BWlDsvfKvEGpfg=", "n"),
    "er-no-hashtree.xml": ("hNS7x84dr9TdyUMAOk+yQxbDcghyVH4n3WOYqrgrbYc=", "n"),
}
"""File → what it is about, and which of its timestamps are over what they must cover."""
SCHEMA_ONLY = {"xmler_001.xml", "xmler_001_renewed.xml", "xmler_002_renewed.xml"}
"""Their roots are not those of their tokens by any reading of the RFC; DSS only asks the schema about them."""
Data = bytes | str | Path | dict[str, str] | tuple[bytes | str, ...]


def digests(data: Data, record: ForeignRecord) -> Digests:
    if isinstance(data, Path):
        data = (RESOURCES / data).read_bytes()
    if isinstance(data, dict):
        known = data
        return lambda algorithm: frozenset({base64.b64decode(known[algorithm])})
    items = data if isinstance(data, tuple) else (data,)
    if isinstance(items[0], bytes):
        return group_of(items, record.methods[0])  # type: ignore[arg-type]
    return lambda algorithm: frozenset(base64.b64decode(item) for item in items)


def right(link: Link) -> bool:
    token = read_token(link.token)
    return (token.algorithm, token.imprint) == (link.algorithm, link.root)


@pytest.mark.parametrize("name", GOOD)
def test_what_dss_accepts_leads_to_every_timestamp(name: str) -> None:
    record = read_foreign((RESOURCES / name).read_bytes())
    assert all(right(link) for link in links(record, digests(GOOD[name], record)))


@pytest.mark.parametrize("name", BAD)
def test_what_dss_refuses_breaks_at_the_same_timestamp(name: str) -> None:
    record = read_foreign((RESOURCES / name).read_bytes())
    data, expected = BAD[name]
    assert "".join("ny"[right(link)] for link in links(record, digests(data, record))) == expected  # type: ignore[arg-type]


def test_one_of_a_group_is_not_the_group() -> None:
    """Here DSS is milder: RFC 6283 3.3 step 2 leaves it to the verifier whether more may be under the first list."""
    record = read_foreign((RESOURCES / "er-data-group.xml").read_bytes())
    assert not right(next(links(record, digests(b"HELLO", record))))


@pytest.mark.parametrize("name", sorted({*GOOD, *BAD}))
def test_tokens_of_others_are_read_and_their_signatures_are_right(name: str) -> None:
    record = read_foreign((RESOURCES / name).read_bytes())
    tokens = [t.stamp.token for chain in record.chains for t in chain.timestamps]
    try:
        assert all(read_token(token).signature_is_right for token in tokens)
    except TimestampError as error:
        pytest.fail(f"{name}: {error}")


def test_records_of_other_makers_lead_from_their_first_list_to_their_first_timestamp() -> None:
    """Without the documents: what stands in the first list is taken for the group."""
    seen = {}
    for path in sorted((XMLERS / "test/resources").rglob("*.xml")):
        record = read_foreign(path.read_bytes())
        group = frozenset(record.chains[0].timestamps[0].path[0])
        seen[path] = right(next(links(record, lambda _, group=group: group)))  # type: ignore[misc]
    assert {path.name for path, found in seen.items() if not found} == SCHEMA_ONLY
    assert sum(seen.values()) == 31


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(XMLERS / "main/resources/xsd/rfc6283_ers.xsd"))


def test_ours_are_valid_by_the_schema_of_the_rfc(schema: etree.XMLSchema) -> None:
    ours = [render(record.chains) for records in (made, renewed, renewed_tree) for record in records()]
    for octets in (*ours, bundle().to_bytes()):
        schema.assertValid(etree.fromstring(octets))


def test_the_schema_finds_faults(schema: etree.XMLSchema) -> None:
    assert not schema.validate(etree.fromstring(render(made()[0].chains).replace(b"HashTree", b"HashTrie")))


def test_an_independent_reading_of_ours_gives_the_same_roots() -> None:
    """Our record through lxml's canonical forms, as any other implementation would read it."""
    record = renewed_tree()[0]
    foreign = read_foreign(render(record.chains))

    def group(algorithm: str) -> frozenset[bytes]:
        return frozenset(hashlib.new(algorithm, one).digest() for one in (b"file 0", b"data 0"))

    assert [link.root for link in links(foreign, group)] == [link.root for link in links(record, group)]
