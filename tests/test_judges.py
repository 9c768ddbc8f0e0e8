"""What other people's programs say of our files at every level: B, T, LT, LTA; and what ours says of theirs.

xmlsec1, Apache Santuario (secure validation on) and signxml check the signatures; ETSI's schemas check the form;
OpenSSL checks the timestamps. Files of the EU's DSS are read from the folder that HOCBASO_VECTORS names
(repository esig/dss below ``dss/``); they are never part of this repository.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signing_world import released, world
from test_timestamped_slots import AT, At, authority, timestamped

from hocbaso_app.signing import xades
from hocbaso_app.signing.export import make_copy
from hocbaso_app.signing.export.imprint import (
    NotComputableError,
    archive_timestamp_input,
    signature_timestamp_input,
)
from hocbaso_app.signing.export.slot import XADES141
from hocbaso_app.signing.foreign import ForeignError, verify_foreign
from hocbaso_app.signing.verify import verify

LEVELS = ("B", "T", "LT", "LTA")
DS, XADES = f"{{{xades.DS}}}", f"{{{xades.XADES}}}"


@cache
def octets(level: str) -> bytes:
    """The sample record at a level."""
    if level in ("B", "T"):
        return (released() if level == "B" else timestamped()).data
    return make_copy(timestamped(), level, world().trust, At(AT, authority()).stamp_digest, at=AT)


def altered(level: str) -> bytes:
    return octets(level).replace(b"<CAN_NANG>31.5", b"<CAN_NANG>31.6")


XMLSEC1 = shutil.which("xmlsec1")
ID_ELEMENTS = ["DU_LIEU_HOC_BA", "THONG_TIN_HOC_BA", "DIEM_TONG_KET"]
ID_ELEMENTS += [f"{xades.DS}:{name}" for name in ("SignatureProperty", "SignatureValue", "Signature")]
ID_ELEMENTS.append(f"{xades.XADES}:SignedProperties")


def asked_of_xmlsec1(file: Path, slot: str) -> bool:
    command = [str(XMLSEC1), "--verify", "--insecure"]
    for name in ID_ELEMENTS:
        command += ["--id-attr:Id", name]
    command += ["--node-xpath", f"//*[@Id='{slot}']/*[local-name()='Signature']", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(XMLSEC1 is None, reason="install xmlsec1 (Debian) for this judge")
@pytest.mark.parametrize("level", LEVELS)
def test_xmlsec1_accepts_every_signature(level: str, tmp_path: Path) -> None:
    (tmp_path / "record.xml").write_bytes(octets(level))
    (tmp_path / "altered.xml").write_bytes(altered(level))
    for slot in released().slots:
        assert asked_of_xmlsec1(tmp_path / "record.xml", slot), slot
    assert not asked_of_xmlsec1(tmp_path / "altered.xml", "ky-cbql")


JARS = [Path("/usr/share/java") / f"{name}.jar" for name in ("xmlsec", "slf4j-api", "slf4j-nop", "commons-codec")]
JAVA = shutil.which("java") if shutil.which("javac") and all(jar.exists() for jar in JARS) else None


@pytest.mark.skipif(JAVA is None, reason="install libxml-security-java and a JDK (Debian) for Apache Santuario")
def test_santuario_with_secure_validation_accepts_every_signature(tmp_path: Path) -> None:
    for level in LEVELS:
        (tmp_path / f"{level}.xml").write_bytes(octets(level))
        (tmp_path / f"{level}-altered.xml").write_bytes(altered(level))
    judge = Path(__file__).parent / "judges" / "Judge.java"
    command = [str(JAVA), "-cp", ":".join(map(str, JARS)), str(judge), *sorted(map(str, tmp_path.iterdir()))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    answers = Counter((Path(file).stem, answer) for file, answer in zip(said[::3], said[2::3], strict=True))
    for level in LEVELS:
        assert answers[level, "valid"] == len(released().slots)
        # height and weight stand in what homeroom, manager and seal sign, not in the parts of the subjects
        assert answers[f"{level}-altered", "invalid"] == 3
        assert answers[f"{level}-altered", "valid"] == len(released().slots) - 3


@pytest.mark.parametrize("level", LEVELS)
def test_signxml_accepts_every_signature(level: str) -> None:
    pytest.importorskip("signxml", reason="install the extra foreign")
    found = verify_foreign(octets(level), world().trust, at=AT)
    assert len(found) == len(released().slots)
    assert all(one.holds and one.trusted for one in found), [one.message_en for one in found if not one.holds]
    assert not all(one.holds for one in verify_foreign(altered(level), world().trust, at=AT))


@cache
def etsi_schema() -> etree.XMLSchema:
    """XAdES v1.4.1 with v1.3.2 as ETSI publishes them; signxml brings them."""
    signxml = pytest.importorskip("signxml", reason="install signxml: it brings ETSI's schemas")
    folder = Path(signxml.__file__).parent / "xades" / "schemas"
    return etree.XMLSchema(etree.parse(folder / "XAdES01903v141-201601.xsd"))


def properties_of(data: bytes) -> Iterator[etree._Element]:
    for element in etree.fromstring(data).iter(f"{XADES}QualifyingProperties"):
        yield etree.fromstring(etree.tostring(element, with_tail=False))
    for element in etree.fromstring(data).iter(f"{{{XADES141}}}ArchiveTimeStamp"):
        yield etree.fromstring(etree.tostring(element, with_tail=False))


@pytest.mark.parametrize("level", LEVELS)
def test_the_form_is_etsi_s(level: str) -> None:
    schema, count = etsi_schema(), 0
    for properties in properties_of(octets(level)):
        count += 1
        assert schema.validate(properties), schema.error_log
    assert count == len(released().slots) * (2 if level == "LTA" else 1)


def test_the_schema_refuses_what_is_not_xades() -> None:
    wrong = octets("T").replace(b"xades:EncapsulatedTimeStamp", b"xades:SealedTimeStamp")
    assert not all(etsi_schema().validate(properties) for properties in properties_of(wrong))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="install openssl for this judge")
def test_openssl_accepts_every_timestamp_over_what_is_in_the_file(tmp_path: Path) -> None:
    ca = world().ca
    chain = b"".join(a.certificate.public_bytes(Encoding.PEM) for a in (ca.root, ca.organisations))
    (tmp_path / "ca.pem").write_bytes(chain)
    moment = str(int(AT.timestamp()))
    command = ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-CAfile", "ca.pem", "-attime", moment]
    command += ["-data", "data"]
    count = 0
    for signature in etree.fromstring(octets("LTA")).iter(f"{DS}Signature"):
        for stamp, data in stamped_octets(signature):
            (tmp_path / "token").write_bytes(base64.b64decode(stamp.findtext(f"{XADES}EncapsulatedTimeStamp") or ""))
            (tmp_path / "data").write_bytes(data)
            assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
            count += 1
    assert count == 2 * len(released().slots)
    (tmp_path / "data").write_bytes(data + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


PLACE = f"{DS}Object/{XADES}QualifyingProperties/{XADES}UnsignedProperties/{XADES}UnsignedSignatureProperties/"
KINDS = {
    f"{XADES}SignatureTimeStamp": signature_timestamp_input,
    f"{{{XADES141}}}ArchiveTimeStamp": archive_timestamp_input,
}


def stamped_octets(signature: etree._Element) -> Iterator[tuple[etree._Element, bytes]]:
    for tag, input_of in KINDS.items():
        for stamp in signature.iterfind(PLACE + tag):
            yield stamp, input_of(signature, stamp)


VECTORS = Path(os.environ.get("HOCBASO_VECTORS", "/nonexistent"))
DSS = VECTORS / "dss" / "dss-xades" / "src" / "test" / "resources"
SAML = VECTORS / "python3-saml" / "tests" / "data" / "responses"
DIGIDOC = VECTORS / "libdigidocpp" / "test" / "data"


def needs(folder: Path, repository: str) -> pytest.MarkDecorator:
    reason = f"HOCBASO_VECTORS names no folder with {folder.relative_to(VECTORS).parts[0]}/ (repository {repository})"
    return pytest.mark.skipif(not folder.is_dir(), reason=reason)


needs_dss = needs(DSS, "esig/dss")
FORGED = frozenset(
    {
        "xades-counter-sig-copied-sigtst.xml",
        "xades-t-copied-sigtst.xml",
        "xades-two-sig-copied-tst.xml",
        "xades-lta-copied-atst.xml",
        "xades-lta-corrupted-cert.xml",
        "xades-lta-with-additional-cert-in-keyinfo.xml",
    }
)
"""Files that DSS made with a copied timestamp or a changed certificate."""


def tree_of(file: Path) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(file.read_bytes(), parser)
    except etree.XMLSyntaxError:
        return None


def imprint_of(token: bytes) -> tuple[str, bytes]:
    """Also of tokens that ours does not take: SHA-1, or without the signer's certificate."""
    try:
        content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
        imprint = content["message_imprint"]
        return imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
    except (ValueError, TypeError, KeyError) as error:
        raise NotComputableError(str(error)) from error


@needs_dss
def test_imprints_of_files_made_by_dss_and_others() -> None:
    """Every timestamp whose input this routine computes is over just that, but in the files forged for the purpose."""
    seen: Counter[tuple[str, str]] = Counter()
    wrong: set[str] = set()
    for file in sorted(DSS.rglob("*.xml")):
        root = tree_of(file)
        for signature in root.iter(f"{DS}Signature") if root is not None else ():
            for tag, input_of in KINDS.items():
                for stamp in signature.iterfind(PLACE + tag):
                    kind = etree.QName(tag).localname
                    token = base64.b64decode(stamp.findtext(f"{XADES}EncapsulatedTimeStamp") or "")
                    try:
                        algorithm, imprint = imprint_of(token)
                        data = input_of(signature, stamp)
                    except NotComputableError:
                        seen[kind, "not computed"] += 1
                        continue
                    right = hashlib.new(algorithm, data).digest() == imprint
                    seen[kind, "right" if right else "wrong"] += 1
                    if not right:
                        wrong.add(file.name)
    assert wrong == FORGED
    assert seen["SignatureTimeStamp", "right"] >= 90 and seen["ArchiveTimeStamp", "right"] >= 11, seen


XSW = DSS / "validation" / "xsw"


@needs_dss
@pytest.mark.parametrize("name", sorted(file.name for file in XSW.glob("XSW-*.xml")))
def test_wrapped_content_is_never_called_signed(name: str) -> None:
    """DSS's wrapping attacks: what we say a signature covers is what the signer digested, nothing put in beside it."""
    data = (XSW / name).read_bytes()
    said = [base64.b64decode(e.text or "").hex() for e in etree.fromstring(data).iter(f"{DS}DigestValue")]
    found = verify_foreign(data, world().trust, at=AT)
    for one in found:
        assert not one.trusted
        assert set(one.sha256) <= set(said)
        if name.startswith("XSW-enveloped"):
            assert set(one.sha256) <= signed_in_the_original()
    assert not any(one.holds for one in found) or name not in HOLDING_NOTHING


HOLDING_NOTHING = {"XSW-enveloped-fake-content-two-same-id.xml", "XSW-enveloped-fake-signedProperties.xml"}
"""There the very reference is ambiguous or its target replaced."""


@cache
def signed_in_the_original() -> frozenset[str]:
    """Digests of what is signed in the file that the attacks were made from."""
    found = verify_foreign((XSW / "original.xml").read_bytes(), world().trust, at=AT)
    assert all(one.holds for one in found)
    return frozenset(sha for one in found for sha in one.sha256)


@needs(SAML, "SAML-Toolkits/python3-saml")
def test_wrapped_saml_responses_hold_nothing() -> None:
    """Three attacks on SAML; their signatures use SHA-1, which nothing here takes."""
    files = sorted(SAML.rglob("*wrap*.base64"))
    assert len(files) >= 3
    for file in files:
        found = verify_foreign(base64.b64decode(file.read_bytes()), world().trust, at=AT)
        assert found and not any(one.holds or one.trusted for one in found), file.name


@needs(DIGIDOC, "open-eid/libdigidocpp")
def test_entity_bombs_are_refused_before_they_are_read() -> None:
    files = sorted(DIGIDOC.glob("xml-bomb-*.xml"))
    assert len(files) >= 2
    for file in files:
        assert verify(file.read_bytes(), world().trust, at=AT).exit_code == 1
        with pytest.raises(ForeignError, match="DTD"):
            verify_foreign(file.read_bytes(), world().trust, at=AT)
