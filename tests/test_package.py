"""The package: golden octets, no loss, no bombs, nothing between the records; its signature judged by xmlsec1 too."""

from __future__ import annotations

import base64
import gzip
import random
import re
import shutil
import struct
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signing_world import NOW, released, world

from hocbaso_app.exchange.compression import MAX_TRANSACTION, MAX_UNPACKED, QuoteEscape, compress, decompress
from hocbaso_app.exchange.errors import PackageError
from hocbaso_app.exchange.list_signature import LIST_ID
from hocbaso_app.exchange.package import MAX_ITEMS, pack, split, unpack
from hocbaso_app.signing.keys import LocalKey

OPEN, CLOSE = b'<DANH_SACH_HOC_BA id="dataDanhSach">', b"</DANH_SACH_HOC_BA>"
ITEMS = ("<HOC_BA><A>một</A></HOC_BA>".encode(), b'<HOC_BA><B Id="2">"h\\"ai"</B></HOC_BA>')
GOLDEN_TEXT = 'học "bạ" số'
GOLDEN = "EwAAAB+LCAAAAAAABAoBEwDs/2jhu41jIFwiYuG6oVwiIHPhu5GIHP/REwAAAA=="
"""Made by hand from RFC 1951/1952 (one stored block, the header octets of .NET's GZipStream), not by our code."""


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(PackageError) as caught:
        action()
    return caught.value.code


def list_of(items: tuple[bytes, ...] = ITEMS, key: LocalKey | None = None) -> bytes:
    return decompress(pack(items, key or world().school, NOW))


def coded(length: int, compressed: bytes) -> str:
    return base64.b64encode(struct.pack("<i", length) + compressed).decode()


def test_golden_content_is_read() -> None:
    assert decompress(GOLDEN).decode() == GOLDEN_TEXT
    raw = base64.b64decode(GOLDEN)
    assert raw[:4] == b"\x13\0\0\0", "Int32 little-endian: 19 octets of UTF-8 after the escape step"
    assert decompress(GOLDEN, QuoteEscape.NONE).decode() == 'học \\"bạ\\" số'


def test_compress_string_shape() -> None:
    """base64(int32 little-endian length of the UTF-8 octets ‖ gzip), as CV 2088 prints the function."""
    raw = base64.b64decode(compress(GOLDEN_TEXT.encode()))
    escaped = gzip.decompress(raw[4:])
    assert escaped.decode() == 'học \\"bạ\\" số'
    assert struct.unpack_from("<i", raw) == (len(escaped),)
    assert gzip.decompress(base64.b64decode(compress(b'"', QuoteEscape.NONE))[4:]) == b'"'


def test_the_same_data_gives_the_same_content() -> None:
    assert compress(released().data) == compress(released().data)


@given(st.text(alphabet=st.sampled_from('"\\n&quot;aểộ<>'), max_size=60), st.sampled_from(QuoteEscape))
def test_round_trip_of_any_quotes(text: str, quotes: QuoteEscape) -> None:
    assert decompress(compress(text.encode(), quotes), quotes).decode() == text


@given(st.binary(max_size=2000), st.sampled_from(QuoteEscape))
def test_round_trip_of_any_octets(data: bytes, quotes: QuoteEscape) -> None:
    assert decompress(compress(data, quotes), quotes) == data


@given(st.text(max_size=300))
def test_hostile_content_is_a_package_error_or_nothing(content: str) -> None:
    with pytest.raises(PackageError):
        decompress(content)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="<>&"), max_size=99), min_size=1))
def test_items_come_out_octet_for_octet(texts: list[str]) -> None:
    items = tuple(f"<HOC_BA><A>{text}</A></HOC_BA>".encode() for text in texts)
    opened = unpack(pack(items, world().school, NOW))
    assert opened.items == items
    assert opened.signer.x509 == world().school.certificate
    assert opened.signed_at == NOW


def test_real_records_come_out_octet_for_octet() -> None:
    records = tuple(released(grade).data for grade in (1, 3, 5))
    assert unpack(pack(records, world().school, NOW)).items == records


def test_golden_list() -> None:
    """Start tag as printed in CV 2088, the records' octets, one Signature, end tag; nothing between."""
    text = list_of()
    assert text.startswith(OPEN + ITEMS[0] + ITEMS[1] + b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"')
    assert text.endswith(b"</Signature>" + CLOSE)
    assert text.count(b"<Signature ") == 1
    assert b">2026-05-29T10:00:00+07:00</SigningTime>" in text
    names = re.findall(rb"<(X509SubjectName|X509Certificate|SignatureProperty)\b", text)
    assert names == [b"X509SubjectName", b"X509Certificate", b"SignatureProperty"], "CV 2088 II.1.6"


def _xmlsec1(text: bytes, key: LocalKey, folder: Path) -> bool:
    tool = shutil.which("xmlsec1")
    if tool is None:
        pytest.skip("xmlsec1 is not installed")
    from cryptography.hazmat.primitives.serialization import Encoding

    (folder / "list.xml").write_bytes(text)
    (folder / "key.pem").write_bytes(key.certificate.public_bytes(Encoding.PEM))
    command = [tool, "--verify", "--pubkey-cert-pem", "key.pem", "--id-attr:id", "DANH_SACH_HOC_BA"]
    command += ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:SignatureProperty"]
    command += ["--node-xpath", "/DANH_SACH_HOC_BA/*[local-name()='Signature']", "list.xml"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_other_tools_accept_the_list(algorithm: str, tmp_path: Path) -> None:
    """signxml, and xmlsec1 where installed, know nothing of us and find list and signing time signed."""
    signxml = pytest.importorskip("signxml")
    key = world().ca.organisation("Trường Tiểu học Thử", "0209999903", algorithm=algorithm)
    text = list_of((released(1).data, released(5).data), key)
    found = signxml.XMLVerifier().verify(
        etree.fromstring(text),
        x509_cert=key.certificate,
        expect_config=signxml.SignatureConfiguration(location="./", expect_references=2),
    )
    assert [etree.QName(result.signed_xml).localname for result in found] == ["DANH_SACH_HOC_BA", "SignatureProperty"]
    assert len(found[0].signed_xml) == 2, "both records are covered"
    if shutil.which("xmlsec1"):  # one record: xmlsec1 takes no Id twice, and every record has the same ones
        assert _xmlsec1(list_of((released(5).data,), key), key, tmp_path)


def test_xmlsec1_refuses_an_altered_list(tmp_path: Path) -> None:
    assert _xmlsec1(list_of(), world().school, tmp_path)
    assert not _xmlsec1(list_of().replace("một".encode(), b"hai"), world().school, tmp_path)


CHANGES: dict[str, tuple[bytes, bytes]] = {
    "value": ("một".encode(), b"hai"),
    "record taken out": (ITEMS[0], b""),
    "record twice": (ITEMS[0], ITEMS[0] + ITEMS[0]),
    "time": (b"10:00:00+07:00", b"11:00:00+07:00"),
    "space in the signature": (b"</KeyInfo>", b"</KeyInfo> "),
    "second object": (b"<Object>", b"<Object></Object><Object>"),
    "weak digest": (b"xmlenc#sha256", b"xmldsig#sha1"),
    "other reference": (b'URI="#dataDanhSach"', b'URI="#khac"'),
    "first reference empty": (b'URI="#dataDanhSach"', b'URI=""'),
    "no enveloped step": (b"#enveloped-signature", b"#base64"),
    "other subject": (b"<X509SubjectName>", b"<X509SubjectName>X"),
    "id in capitals": (b' id="dataDanhSach"', b' Id="dataDanhSach"'),
    "space between records": (b"</HOC_BA><HOC_BA>", b"</HOC_BA> <HOC_BA>"),
    "comment between records": (b"</HOC_BA><HOC_BA>", b"</HOC_BA><!-- --><HOC_BA>"),
    "declaration": (OPEN, b'<?xml version="1.0"?>' + OPEN),
    "something behind": (CLOSE, CLOSE + b"<X></X>"),
    "open item": (b"</HOC_BA>", b""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_altered_list_is_refused(change: tuple[bytes, bytes]) -> None:
    text = list_of()
    altered = text.replace(*change)
    assert altered != text
    assert code_of(lambda: unpack(compress(altered))) in {"LIST_SIGNATURE_WRONG", "PACKAGE_SHAPE"}


def test_a_signature_by_another_key_or_of_another_list_is_refused() -> None:
    text, other = list_of(), list_of(ITEMS[:1])
    signature = text[text.index(b"<Signature ") : -len(CLOSE)]
    moved = other.replace(other[other.index(b"<Signature ") : -len(CLOSE)], signature)
    assert code_of(lambda: unpack(compress(moved))) == "LIST_SIGNATURE_WRONG"
    value = re.compile(rb"<SignatureValue>.*?</SignatureValue>")
    forged = value.search(list_of(ITEMS, world().principal))
    assert forged is not None
    assert code_of(lambda: unpack(compress(value.sub(forged[0], text)))) == "LIST_SIGNATURE_WRONG"
    assert code_of(lambda: unpack(compress(OPEN + ITEMS[0] + CLOSE))) == "LIST_SIGNATURE_WRONG"
    assert code_of(lambda: unpack(compress(OPEN + CLOSE))) == "PACKAGE_SHAPE"
    assert LIST_ID == "dataDanhSach"


def test_too_many_items_are_refused() -> None:
    item = b"<HOC_BA></HOC_BA>"
    assert len(unpack(pack([item] * MAX_ITEMS, world().school, NOW)).items) == MAX_ITEMS
    assert code_of(lambda: unpack(pack([item] * (MAX_ITEMS + 1), world().school, NOW))) == "PACKAGE_SHAPE"


def test_bombs_cost_no_memory() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    wrong_length, declared_huge = coded(1000, bomb), coded(MAX_UNPACKED + 1, bomb)
    tracemalloc.start()
    try:
        assert code_of(lambda: decompress(wrong_length)) == "PACKAGE_DAMAGED"
        assert code_of(lambda: decompress(declared_huge)) == "PACKAGE_DAMAGED"
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert code_of(lambda: decompress(coded(-1, bomb))) == "PACKAGE_DAMAGED"
    assert code_of(lambda: decompress("A" * (MAX_TRANSACTION + 4))) == "PACKAGE_TOO_LARGE"


def test_truncated_and_damaged_content_is_refused() -> None:
    whole = compress(OPEN + ITEMS[0] + CLOSE)
    for end in range(0, len(whole), 4):
        assert code_of(lambda end=end: decompress(whole[:end])) == "PACKAGE_DAMAGED"  # type: ignore[misc]
    raw = base64.b64decode(whole)
    for position in range(len(raw)):
        if 7 <= position < 14:  # text flag, time, speed and system in the gzip header say nothing about the data
            continue
        damaged = bytearray(raw)
        damaged[position] ^= 1
        with pytest.raises(PackageError):
            decompress(base64.b64encode(damaged).decode())
    for extra in (raw[4:], b"\0"):
        assert code_of(lambda extra=extra: decompress(base64.b64encode(raw + extra).decode())) == "PACKAGE_DAMAGED"  # type: ignore[misc]
    assert code_of(lambda: decompress(whole[:-1] + "*")) == "PACKAGE_DAMAGED"


def test_split_keeps_order_and_fits_even_what_does_not_compress() -> None:
    noise = random.Random(7)
    items = [b'<HOC_BA>"' + noise.randbytes(900_000) + b"</HOC_BA>" for _ in range(12)]
    groups = list(split(items))
    assert len(groups) > 1
    assert [item for group in groups for item in group] == items
    assert all(len(pack(group, world().school, NOW)) <= MAX_TRANSACTION for group in groups)
    assert code_of(lambda: pack(items, world().school, NOW)) == "PACKAGE_TOO_LARGE"
    assert [len(group) for group in split([b"<HOC_BA></HOC_BA>"] * (MAX_ITEMS + 5))] == [MAX_ITEMS, 5]
    assert list(split([])) == []
