"""The same signatures verified by python-xmlsec and signxml: value and references only, no rules, no persons, no paths.

Both get what helps them: keys and certificates loaded once, the file parsed once for all its signatures.
"""

from __future__ import annotations

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier

DS = {"ds": "http://www.w3.org/2000/09/xmldsig#"}


def parse(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


class WithXmlsec:
    """libxmlsec through its Python binding."""

    def __init__(self, certificates: list[x509.Certificate]) -> None:
        pems = [certificate.public_bytes(Encoding.PEM) for certificate in certificates]
        self.keys = [xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem) for pem in pems]

    def verify(self, data: bytes) -> int:
        """Number of signatures that hold; raises for the first that does not."""
        root = parse(data)
        xmlsec.tree.add_ids(root, ["Id"])
        signatures = root.iterfind(".//ds:Signature", DS)
        count = 0
        for signature, key in zip(signatures, self.keys, strict=True):
            context = xmlsec.SignatureContext()
            context.key = key
            context.verify(signature)
            count += 1
        return count


class WithSignxml:
    """signxml, told which signature to look at."""

    def __init__(self, certificates: list[x509.Certificate]) -> None:
        self.certificates = certificates

    def verify(self, data: bytes) -> int:
        """Number of signatures that hold; raises for the first that does not."""
        root = parse(data)
        for number, certificate in enumerate(self.certificates, start=1):
            selected(number).verify(
                root,
                x509_cert=certificate,
                expect_config=SignatureConfiguration(expect_references=True, require_x509=True),
                id_attribute=None,
            )
        return len(self.certificates)


def selected(number: int) -> XMLVerifier:
    class Selected(XMLVerifier):
        def _get_signature(self, root: etree._Element) -> etree._Element:
            return root.xpath(f"(//ds:Signature)[{number}]", namespaces=DS)[0]

    return Selected()
