"""A certificate authority for demo and tests; every key is made in memory and dies with the process.

Subjects have the shape that Vietnamese authorities use: a person carries
``UID=CCCD:…``, an organisation ``UID=MST:…``. Addresses of CRLs are made up and
never asked, unless :meth:`DemoCA.create` is told where they are answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.identity import common_name, tax_code
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.trust import RegisteredSchool, Registry, write_registry
from hocbaso_app.signing.trust_list import ListedAnchor, TrustList, add, first
from hocbaso_app.signing.trust_list.publishing import publish_list
from hocbaso_app.signing.usage import PURPOSES

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CRL_URL = "http://crl.example.invalid/{}.crl"
DEPARTMENT, DEPARTMENT_TAX_CODE = "Sở Giáo dục và Đào tạo Hải Phòng", "0209999000"
"""The department's name and a made-up tax code."""


class KeyPool:
    """A few keys dealt out in turn, for large worlds: RSA keys cost more than everything else here.

    Two certificates may then share a key; tests about keys must not use a pool.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._keys: dict[str, list[PrivateKey]] = {}
        self._dealt: dict[str, int] = {}

    def key(self, algorithm: str) -> PrivateKey:
        """The next key, a new one until the pool is full."""
        keys = self._keys.setdefault(algorithm, [])
        turn = self._dealt[algorithm] = self._dealt.get(algorithm, -1) + 1
        if len(keys) < self._size:
            keys.append(new_key(algorithm))
        return keys[turn % self._size]


@dataclass
class Authority:
    """One CA: its key, certificate and revoked serials."""

    name: str
    key: PrivateKey
    certificate: x509.Certificate
    revoked: dict[int, datetime] = field(default_factory=dict)
    address: str | None = None
    """Where CRLs and OCSP answers are to be had (:mod:`hocbaso_app.demo.signers.revocation`)."""
    issued: dict[int, x509.Certificate] = field(default_factory=dict)

    def crl(self, now: datetime, days: float = 3650) -> bytes:
        """A DER revocation list as of ``now``."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now)
            .next_update(now + timedelta(days=days))
            .add_extension(x509.CRLNumber(len(self.revoked) + 1), critical=False)
            .add_extension(_key_identifier(self.certificate), critical=False)
        )
        for serial, moment in self.revoked.items():
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self.key, digest_of(self.key)).public_bytes(Encoding.DER)


@dataclass
class DemoCA:
    """A root with one intermediate for persons and one for organisations."""

    now: datetime
    root: Authority
    persons: Authority
    organisations: Authority
    pool: KeyPool | None = None
    department: LocalKey | None = None
    """The department's certificate; made when first needed by :meth:`write_trust`."""

    @classmethod
    def create(
        cls,
        now: datetime,
        name: str = "Demo",
        *,
        fast: bool = True,
        pool: KeyPool | None = None,
        address: str | None = None,
        strong: bool = False,
        marked: bool = True,
    ) -> DemoCA:
        """New authorities, valid from ten years before ``now`` to twenty after; EC keys if ``fast``, else RSA.

        With ``address`` certificates name a CRL and an OCSP responder there. ``strong``: a world without SHA-256.
        Not ``marked`` as a test, the root can play a real one where a production folder is tried.
        """
        algorithm = "strong" if strong else "ec" if fast else "rsa"
        root_key = new_key(algorithm)
        mark = " (thử nghiệm)" if marked else ""
        root_name = _name(f"{name} Root CA", f"{name} NEAC{mark}")
        root_certificate = _certificate(root_name, root_key, root_name, root_key, now, authority=2)
        root = Authority("root", root_key, root_certificate, address=address)

        def intermediate(label: str, title: str) -> Authority:
            key = new_key(algorithm)
            subject = _name(f"{name} {title}", f"{name} CA{mark}")
            certificate = _certificate(subject, key, root_name, root_key, now, authority=0, issuer=root)
            root.issued[certificate.serial_number] = certificate
            return Authority(label, key, certificate, address=address)

        persons, organisations = intermediate("persons", "Person CA"), intermediate("organisations", "Organisation CA")
        return cls(now, root, persons, organisations, pool)

    def person(
        self,
        name: str,
        citizen_id: str,
        *,
        algorithm: str = "rsa",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        revoked_at: datetime | None = None,
    ) -> LocalKey:
        """A personal certificate bound to a CCCD number."""
        subject = _name(name, None, f"CCCD:{citizen_id}")
        return self._leaf(self.persons, subject, algorithm, not_before, not_after, revoked_at)

    def organisation(
        self,
        name: str,
        tax_code: str,
        *,
        algorithm: str = "rsa",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        revoked_at: datetime | None = None,
    ) -> LocalKey:
        """An organisation certificate (con dấu điện tử) bound to a tax code."""
        subject = _name(name, name, f"MST:{tax_code}")
        return self._leaf(self.organisations, subject, algorithm, not_before, not_after, revoked_at)

    def timestamper(
        self,
        name: str = "Dấu thời gian (thử nghiệm)",
        *,
        algorithm: str = "ec",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        revoked_at: datetime | None = None,
    ) -> LocalKey:
        """A time-stamping authority's certificate: extended key usage timeStamping, critical and alone."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        subject = _name(name, name)
        return self._leaf(self.organisations, subject, algorithm, not_before, not_after, revoked_at, usage)

    def responder(
        self,
        authority: Authority,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        no_check: bool = True,
    ) -> LocalKey:
        """Who answers OCSP for an authority; ``no_check``: nobody has to ask for the responder's own state."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        subject = _name(f"OCSP {authority.name}", None)
        return self._leaf(authority, subject, "ec", not_before, not_after, None, usage, no_check=no_check)

    @property
    def authorities(self) -> tuple[Authority, Authority, Authority]:
        """Root, persons, organisations."""
        return self.root, self.persons, self.organisations

    def revoke(self, certificate: x509.Certificate, at: datetime) -> None:
        """Put a certificate on its issuer's next CRL."""
        for authority in self.authorities:
            if certificate.issuer == authority.certificate.subject:
                authority.revoked[certificate.serial_number] = at

    def pkcs12(self, key: LocalKey, password: bytes) -> bytes:
        """See :func:`to_pkcs12`."""
        return to_pkcs12(key, password)

    def write_trust(self, folder: Path, schools: Sequence[RegisteredSchool], environment: str = "practice") -> Registry:
        """A whole trust folder: anchors and their list, CRLs and the registry, sealed by :attr:`department`."""
        if self.department is None:
            self.department = self.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE)
        registry = Registry(environment, DEPARTMENT, DEPARTMENT_TAX_CODE, write_instant(self.now), tuple(schools))
        self.write_anchors(folder)
        self.write_list(folder, self.department, environment)
        write_registry(folder, registry, self.department)
        return registry

    def write_anchors(self, folder: Path) -> None:
        """``roots/``, ``intermediates/`` (PEM) and ``crls/`` (DER) of a trust folder that begins anew."""
        for old in (*folder.glob("roots/*.pem"), *folder.glob("anchors.*")):
            old.unlink()
        for kind, authorities in (("roots", [self.root]), ("intermediates", [self.persons, self.organisations])):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            for authority in authorities:
                pem = authority.certificate.public_bytes(Encoding.PEM)
                (folder / kind / f"{authority.name}.pem").write_bytes(pem)
        self.write_crls(folder)

    def write_list(self, folder: Path, department: LocalKey, environment: str = "practice") -> TrustList:
        """The list of anchors, with the root on it: a test root for practice."""
        anchor = ListedAnchor.of(
            self.root.certificate,
            name=common_name(self.root.certificate),
            kind="test-root" if environment == "practice" else "neac-root",
            purposes=PURPOSES,
            source="Tạo trong bộ nhớ khi lập dữ liệu thử nghiệm",
            since=write_instant(self.root.certificate.not_valid_before_utc),
        )
        trust_list = add(
            first(environment, DEPARTMENT, tax_code(department.certificate) or ""),
            anchor,
            reason="Gốc của các chứng thư số thử nghiệm",
            by="Cán bộ Sở (thử nghiệm)",
            approved_by="Lãnh đạo Sở (thử nghiệm)",
            now=self.now,
        )
        publish_list(folder, trust_list, department, at=self.now)
        return trust_list

    def write_crls(self, folder: Path) -> None:
        """``crls/`` as of ``now``."""
        (folder / "crls").mkdir(parents=True, exist_ok=True)
        for authority in self.authorities:
            (folder / "crls" / f"{authority.name}.crl").write_bytes(authority.crl(self.now))

    def _leaf(
        self,
        authority: Authority,
        subject: x509.Name,
        algorithm: str,
        not_before: datetime | None,
        not_after: datetime | None,
        revoked_at: datetime | None,
        extended: x509.ExtendedKeyUsage | None = None,
        *,
        no_check: bool = False,
    ) -> LocalKey:
        key = self.pool.key(algorithm) if self.pool else new_key(algorithm)
        certificate = _certificate(
            subject,
            key,
            authority.certificate.subject,
            authority.key,
            self.now,
            issuer=authority,
            not_before=not_before or self.now - timedelta(days=400),
            not_after=not_after or self.now + timedelta(days=700),
            extended=extended,
            no_check=no_check,
        )
        authority.issued[certificate.serial_number] = certificate
        if revoked_at is not None:
            self.revoke(certificate, revoked_at)
        return LocalKey(key, certificate, (authority.certificate,))


def new_key(algorithm: str, bits: int = 2048) -> PrivateKey:
    """A fresh ``rsa``, ``ec`` (P-256) or ``strong`` (P-521, which signs with SHA-512) key."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


_CURVES: dict[str, ec.EllipticCurve] = {"ec": ec.SECP256R1(), "strong": ec.SECP521R1()}


def digest_of(key: PrivateKey) -> hashes.SHA256 | hashes.SHA512:
    """What goes with a key."""
    strong = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP521R1)
    return hashes.SHA512() if strong else hashes.SHA256()


def to_pkcs12(key: LocalKey, password: bytes) -> bytes:
    """The key as an encrypted PKCS#12 file."""
    return pkcs12.serialize_key_and_certificates(
        b"hocbaso", key.private_key, key.certificate, key.chain, BestAvailableEncryption(password)
    )


def _name(common: str, organisation: str | None, uid: str | None = None) -> x509.Name:
    parts: Iterable[tuple[x509.ObjectIdentifier, str | None]] = (
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.STATE_OR_PROVINCE_NAME, "Hải Phòng"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.COMMON_NAME, common),
        (NameOID.USER_ID, uid),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def _key_identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject.value)


def _crl_points(issuer: Authority) -> x509.CRLDistributionPoints:
    address = f"{issuer.address}/{issuer.name}.crl" if issuer.address else _CRL_URL.format(issuer.name)
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)]
    )


def _ocsp_access(address: str) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier(f"{address}/ocsp")
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)])


def _certificate(
    subject: x509.Name,
    key: PrivateKey,
    issuer_name: x509.Name,
    issuer_key: PrivateKey,
    now: datetime,
    *,
    authority: int | None = None,
    issuer: Authority | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    extended: x509.ExtendedKeyUsage | None = None,
    no_check: bool = False,
) -> x509.Certificate:
    is_ca = authority is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before or now - timedelta(days=3650))
        .not_valid_after(not_after or now + timedelta(days=7300))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                content_commitment=not is_ca,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if issuer is not None:
        builder = builder.add_extension(_crl_points(issuer), critical=False)
        if issuer.address is not None:
            builder = builder.add_extension(_ocsp_access(issuer.address), critical=False)
        builder = builder.add_extension(_key_identifier(issuer.certificate), critical=False)
    if extended is not None:
        builder = builder.add_extension(extended, critical=True)
    if no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(issuer_key, digest_of(issuer_key))
