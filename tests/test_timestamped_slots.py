"""XAdES-T in the file: one unsigned property, still one spelling; what it proves later, what it never lets through."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sample_records import sample_record
from signing_world import NOW, released, world

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.record.canonical import MAX_BYTES
from hocbaso_app.record.diff import diff
from hocbaso_app.record.document import HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT, Document, build
from hocbaso_app.record.json_codec import from_json, to_json
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing import xades
from hocbaso_app.signing.algorithms import Algorithms
from hocbaso_app.signing.existence import Proof
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.report import Indication, SignatureReport
from hocbaso_app.signing.sign import Prepared, embed, prepare
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.timestamps import TimestampError, slots_without, timestamp_slots
from hocbaso_app.signing.timestamps.slots import MAX_IN_FILE, put_in
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData
from hocbaso_app.signing.verify import Verification, verify
from hocbaso_app.signing.versions import replacement, return_for_correction

STAMPED = NOW + timedelta(minutes=10)
AT = NOW + timedelta(hours=1)
YEARS_LATER = NOW + timedelta(days=1200)
"""Every certificate of a signer is long expired, the authorities' are not."""


@dataclass(frozen=True)
class At:
    """The sandbox's authority as of a moment."""

    moment: datetime
    authority: TimestampAuthority

    def stamp_digest(self, digest: bytes) -> bytes:
        return self.authority.stamp_digest(digest, self.moment)


@cache
def authority() -> TimestampAuthority:
    ca = world().ca
    return TimestampAuthority(ca.timestamper(not_after=NOW + timedelta(days=3000)))


def stamped(document: Document, slots: tuple[str, ...] | None = None, at: datetime = STAMPED) -> Document:
    return timestamp_slots(document, slots or slots_without(document), At(at, authority()))


@cache
def timestamped() -> Document:
    return stamped(released())


def judge(data: bytes | Document, at: datetime = AT, trust: TrustStore | None = None) -> Verification:
    return verify(data, trust or world().trust, at=at)


def of(verification: Verification, slot: str) -> SignatureReport:
    return next(s for s in verification.report.signatures if s.slot == slot)


def test_level_t_passes_and_says_since_when() -> None:
    document = timestamped()
    assert not slots_without(document) and Document.parse(document.data).data == document.data
    verification = judge(document.data)
    assert verification.valid and verification.report.level == "T" and judge(released()).report.level == "B"
    first = of(verification, "ky-mon-02")
    assert first.timestamp and first.timestamp.ok and first.best_signature_time == "2026-05-29T10:10:01+07:00"
    assert first.proofs[0] == "ky-mon-02-tst" and "có bằng chứng từ" in verification.report.to_text()
    assert verification.report.to_dict()["level"] == "T"
    assert stamped(document).data == document.data


def test_nothing_signed_changes_and_taking_the_tokens_out_gives_the_same_octets() -> None:
    document = timestamped()
    for slot, inner in released().slots.items():
        assert document.slot(slot) != inner
        assert xades.without_timestamp(slot, document.slot(slot)) == inner
        assert xades.signature_value_digest(slot, document.slot(slot)) == xades.signature_value_digest(slot, inner)
    assert document.body == released().body


def test_the_imprint_is_over_what_any_implementation_canonicalises() -> None:
    document = timestamped()
    root = etree.fromstring(document.data)
    assert etree.tostring(root, method="c14n", exclusive=True, with_comments=True) == document.data
    for value in root.iter(f"{{{xades.DS}}}SignatureValue"):
        octets = etree.tostring(value, method="c14n", exclusive=True, with_tail=False)
        slot = str(value.get("Id")).removesuffix("-sv")
        assert xades.signature_value_digest(slot, document.slot(slot)) == hashlib.sha256(octets).digest()


def test_json_diff_and_a_second_embedding() -> None:
    document = timestamped()
    assert from_json(to_json(document.data)) == document.data
    assert not diff(document.record, released().record)
    plain, key = build(sample_record()), world().teachers["homeroom"]
    prepared = Prepared.from_json(prepare(plain, "ky-mon-02", key.certificate, NOW).to_json())
    value = key.sign([prepared.to_be_signed])[0]
    with_token = stamped(embed(plain, prepared, value))
    assert embed(with_token, prepared, value) is with_token


def test_later_stages_sign_over_timestamped_ones() -> None:
    document = build(sample_record())
    for stage in Stage:
        document = stamped(world().sign(document, until=stage))
    assert judge(document).valid and judge(document).report.level == "T"


def test_only_signed_slots_can_be_stamped() -> None:
    with pytest.raises(TimestampError, match="NOT_SIGNED"):
        stamped(build(sample_record()), ("ky-mon-02",))


def test_a_token_too_large_or_of_another_signature_is_not_put_in() -> None:
    """Fifteen large tokens would make a file that nobody reads any more."""
    large, other = bytes(MAX_IN_FILE + 1), token_of(timestamped(), SEAL_SLOT)
    for token, code in ((large, "TOKEN_TOO_LARGE"), (other, "TOKEN_OTHER"), (b"none", "TOKEN_MALFORMED")):
        with pytest.raises(TimestampError, match=code):
            put_in(released(), SLOT, token)
    largest = sum(len(inner) + 4 * MAX_IN_FILE // 3 for inner in released().slots.values()) + len(released().body)
    assert largest < MAX_BYTES * 0.9


SLOT = "ky-mon-02"


def token_of(document: Document, slot: str) -> bytes:
    filled = xades.read_slot(document.slot(slot))
    assert filled is not None and filled.timestamp is not None
    return filled.timestamp


def b64(token: bytes) -> bytes:
    return base64.b64encode(token)


PROPERTY = timestamped().slot(SLOT)[
    timestamped().slot(SLOT).index(b"<xades:SignatureTimeStamp") : timestamped()
    .slot(SLOT)
    .index(b"</xades:UnsignedSignatureProperties>")
]
TOKEN = token_of(timestamped(), SLOT)
UNSIGNED = b"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
SPELLINGS: dict[str, tuple[bytes, bytes]] = {
    "a second timestamp": (PROPERTY, PROPERTY + PROPERTY),
    "a second timestamp with another Id": (PROPERTY, PROPERTY + PROPERTY.replace(b"-tst", b"-tst2")),
    "no Id": (b' Id="ky-mon-02-tst"', b""),
    "another Id": (b' Id="ky-mon-02-tst"', b' Id="ky-mon-01-tst"'),
    "no timestamp in the properties": (PROPERTY, b""),
    "another property before it": (PROPERTY, b"<xades:CounterSignature></xades:CounterSignature>" + PROPERTY),
    "another property behind it": (PROPERTY, PROPERTY + b"<xades:CertificateValues></xades:CertificateValues>"),
    "two tokens in one property": (
        b"</xades:EncapsulatedTimeStamp>",
        b"</xades:EncapsulatedTimeStamp><xades:EncapsulatedTimeStamp>" + b64(TOKEN) + b"</xades:EncapsulatedTimeStamp>",
    ),
    "an XML timestamp": (
        b"<xades:EncapsulatedTimeStamp>" + b64(TOKEN) + b"</xades:EncapsulatedTimeStamp>",
        b"<xades:XMLTimeStamp></xades:XMLTimeStamp>",
    ),
    "inclusive C14N": (
        f'<CanonicalizationMethod Algorithm="{xades.EXC_C14N}"></CanonicalizationMethod><xades:Enc'.encode(),
        b'<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>'
        b"<xades:Enc",
    ),
    "C14N left out": (
        f'<CanonicalizationMethod Algorithm="{xades.EXC_C14N}"></CanonicalizationMethod><xades:Enc'.encode(),
        b"<xades:Enc",
    ),
    "Include": (
        b'<xades:SignatureTimeStamp Id="ky-mon-02-tst">',
        b'<xades:SignatureTimeStamp Id="ky-mon-02-tst"><xades:Include URI="#mon-02"></xades:Include>',
    ),
    "an Encoding": (
        b"<xades:EncapsulatedTimeStamp>",
        b'<xades:EncapsulatedTimeStamp Encoding="http://uri.etsi.org/01903/v1.2.2#BER">',
    ),
    "white space in the token": (b64(TOKEN)[:64], b64(TOKEN)[:64] + b"\n"),
    "octets behind the token": (b64(TOKEN), b64(TOKEN + b"\0\0\0")),
    "no token": (b64(TOKEN), b""),
    "no base64": (b64(TOKEN), b"*" + b64(TOKEN)[1:]),
    "data in the properties": (UNSIGNED, UNSIGNED + released().part("mon-02")),
    "a data object property": (
        b"</xades:UnsignedSignatureProperties>",
        b"</xades:UnsignedSignatureProperties><xades:UnsignedDataObjectProperties></xades:UnsignedDataObjectProperties>",
    ),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_any_other_unsigned_property_fails(old: bytes, new: bytes) -> None:
    inner = timestamped().slot(SLOT)
    assert old in inner
    altered = timestamped().with_slot(SLOT, inner.replace(old, new, 1))
    verification = judge(altered.data)
    assert verification.exit_code == 1


def with_token(token: bytes, slot: str = SLOT) -> Document:
    return released().with_slot(slot, xades.with_timestamp(slot, released().slot(slot), token))


def sub_indication_of(token: bytes, at: datetime = AT) -> str | None:
    verification = judge(with_token(token), at)
    assert not verification.valid and verification.exit_code in (1, 2)
    return of(verification, SLOT).sub_indication


def test_wrong_and_foreign_tokens_are_failures() -> None:
    digest = xades.signature_value_digest(SLOT, released().slot(SLOT)) or b""
    stranger = DemoCA.create(NOW, name="Lạ")
    organisation = world().ca.organisation("Không phải TSA", "0209999903", algorithm="ec")
    revoked = world().ca.timestamper(revoked_at=NOW - timedelta(days=1))
    store = world().write_trust()
    for token, expected in (
        (token_of(timestamped(), "ky-mon-01"), "HASH_FAILURE"),
        (token_of(timestamped(), SEAL_SLOT), "HASH_FAILURE"),
        (TOKEN[:-1] + bytes([TOKEN[-1] ^ 1]), "SIG_CRYPTO_FAILURE"),
        (TimestampAuthority(stranger.timestamper()).stamp_digest(digest, STAMPED), "NO_CERTIFICATE_CHAIN_FOUND"),
        (TimestampAuthority(organisation).stamp_digest(digest, STAMPED), "CHAIN_CONSTRAINTS_FAILURE"),
        (authority().stamp_digest(digest, NOW - timedelta(minutes=6)), "TIMESTAMP_ORDER_FAILURE"),
        (b"\x30\x00", "FORMAT_FAILURE"),
    ):
        assert sub_indication_of(token) == expected
    by_revoked = with_token(TimestampAuthority(revoked).stamp_digest(digest, STAMPED))
    answer = judge(by_revoked, trust=store)
    assert answer.valid and answer.report.level == "B"  # the signature is good without it; the token proves nothing
    stamp = of(answer, SLOT).timestamp
    assert stamp and not stamp.ok and stamp.sub_indication == "REVOKED_NO_POE" and "Dấu thời gian" in stamp.message_vi


def test_a_timestamp_within_the_skew_passes() -> None:
    digest = xades.signature_value_digest(SLOT, released().slot(SLOT)) or b""
    assert judge(with_token(authority().stamp_digest(digest, NOW - timedelta(minutes=4)))).valid


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(timestamped().slot(SLOT)) - 1), st.integers(1, 255))
def test_any_octet_of_a_timestamped_slot_changed_never_gains_anything(position: int, change: int) -> None:
    octets = bytearray(timestamped().slot(SLOT))
    octets[position] ^= change
    verification = judge(timestamped().data.replace(timestamped().slot(SLOT), bytes(octets)))
    if verification.valid:  # parts of a token that its signature does not cover, as its own certificates
        before, after = of(judge(timestamped()), SLOT), of(verification, SLOT)
        assert after.best_signature_time == before.best_signature_time


def test_taking_a_timestamp_out_leaves_level_b_with_another_digest() -> None:
    document = timestamped().with_slot(SLOT, released().slot(SLOT))
    assert judge(document).valid and judge(document).report.level == "B"
    assert document.sha256 != timestamped().sha256


def kept(*crls_of: datetime) -> ValidationData:
    """CRLs of several days, as somebody who collects them has."""
    ca = world().ca
    return ValidationData.of(crls=[a.crl(day) for day in crls_of for a in (ca.root, ca.persons, ca.organisations)])


def kept_trust() -> TrustStore:
    """Today's anchors, with what was kept."""
    return world().trust.with_data(kept(NOW + timedelta(days=1)))


def test_expired_certificates_do_a_timestamped_record_no_harm() -> None:
    trust = kept_trust()
    old = judge(released(), YEARS_LATER, trust)
    assert old.exit_code == 2 and {s.sub_indication for s in old.report.signatures} == {"OUT_OF_BOUNDS_NO_POE"}
    verification = judge(timestamped(), YEARS_LATER, trust)
    assert verification.valid, verification.report.to_text()
    assert all("bằng chứng" in s.message_vi for s in verification.report.signatures)


def test_the_seal_s_timestamp_alone_proves_everything_it_covers() -> None:
    document = stamped(released(), (SEAL_SLOT,))
    verification = judge(document, YEARS_LATER, kept_trust())
    assert verification.valid and verification.report.level == "B"
    assert {s.proofs for s in verification.report.signatures} == {(f"{SEAL_SLOT}-tst",)}
    middle = stamped(released(), (MANAGER_SLOT,))
    seal = of(judge(middle, YEARS_LATER, kept_trust()), SEAL_SLOT)
    assert seal.sub_indication == "OUT_OF_BOUNDS_NO_POE" and not seal.proofs


def signed_by(name: str, key: LocalKey, at: datetime = NOW) -> Document:
    return world().sign(build(sample_record()), key_of=lambda s: key if s.id == name else world().key_of(s), at=at)


def test_revoked_after_the_timestamp_is_harmless_before_it_is_not() -> None:
    slot = next(s for s in expected_slots(released().record) if s.id == HOMEROOM_SLOT)
    for revoked_at, plain, with_stamp in (
        (STAMPED + timedelta(days=10), "REVOKED_NO_POE", None),
        (NOW + timedelta(minutes=5), "REVOKED_NO_POE", "REVOKED_NO_POE"),
        (NOW - timedelta(minutes=5), "REVOKED", "REVOKED"),
    ):
        key = world().ca.person(slot.signer_name, slot.signer_citizen_id or "", algorithm="ec")
        document = signed_by(HOMEROOM_SLOT, key)
        world().ca.revoke(key.certificate, revoked_at)
        trust = world().write_trust().with_data(kept(NOW + timedelta(days=20)))
        at = NOW + timedelta(days=30)
        assert of(judge(document, at, trust), HOMEROOM_SLOT).sub_indication == plain
        assert of(judge(stamped(document), at, trust), HOMEROOM_SLOT).sub_indication == with_stamp


@dataclass(frozen=True)
class Beside:
    """Evidence as a verifier takes it."""

    day: datetime
    data: ValidationData = ValidationData()

    def proofs(
        self, octets: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require"
    ) -> tuple[Proof, ...]:
        return (Proof(self.day, "evidence"),)


def test_evidence_of_the_whole_file_proves_every_slot_and_every_token() -> None:
    dead = NOW + timedelta(days=9000)  # by then the authorities are gone too
    data = kept(NOW + timedelta(days=1))
    assert not verify(timestamped(), world().trust.with_data(data), at=dead).valid
    beside = Beside(NOW + timedelta(days=30), data)
    for document, level in ((timestamped(), "T"), (released(), "B")):
        verification = verify(document, world().trust, at=dead, evidence=beside)
        assert verification.valid, verification.report.to_text()
        assert verification.report.level == level
    first = verify(timestamped(), world().trust, at=dead, evidence=beside).report.signatures[0]
    assert first.proofs[0] == f"{first.slot}-tst" and first.proofs[-1] == "evidence"


@pytest.mark.parametrize("make", ["replacement", "return"])
def test_a_new_version_keeps_untouched_slots_with_their_timestamps(make: str) -> None:
    old = timestamped()
    subjects = tuple(replace(s, remark="Tiến bộ rõ rệt.") if s.subject_code == "12" else s for s in old.record.subjects)
    corrected = replace(old.record, subjects=subjects)
    if make == "return":
        new = return_for_correction(old, corrected)
    else:
        new = replacement(old, corrected, created_at=NOW, released_at=NOW)
    same = [slot for slot, inner in new.slots.items() if inner]
    assert same and "ky-mon-12" not in same
    assert all(new.slot(slot) == old.slot(slot) for slot in same)
    assert judge(stamped(world().sign(new))).report.level == "T"


def test_an_algorithm_barred_later_needs_evidence_from_before() -> None:
    """The timestamps are made with the very algorithm; only what is proved otherwise to be older counts."""
    claims = json.loads(resources.files("hocbaso_app.signing").joinpath("data", "algorithms.json").read_bytes())
    claims["digests"]["sha256"]["until"] = f"{NOW + timedelta(days=20):%Y-%m-%d}"
    trust = replace(world().trust, algorithms=Algorithms(claims))
    assert judge(timestamped(), trust=trust).valid
    at = NOW + timedelta(days=40)
    barred = judge(timestamped(), at, trust)
    assert barred.exit_code == 2 and barred.report.level == "B"
    stamp = of(barred, SLOT).timestamp
    assert stamp and stamp.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE" and not of(barred, SLOT).proofs
    for day, valid in ((10, True), (30, False)):
        beside = Beside(NOW + timedelta(days=day), kept(NOW + timedelta(days=1)))
        assert verify(timestamped(), trust, at=at, evidence=beside).valid is valid


def test_the_seal_s_timestamp_proves_signatures_not_their_timestamps() -> None:
    """A time-stamper whose key got loose later can date a token back; nothing shows that the token is older."""
    ca, back = world().ca, NOW - timedelta(days=3)
    slot = next(s for s in expected_slots(released().record) if s.id == HOMEROOM_SLOT)
    key = ca.person(slot.signer_name, slot.signer_citizen_id or "", algorithm="ec")
    loose = ca.timestamper(revoked_at=NOW + timedelta(days=10))
    ca.revoke(key.certificate, NOW - timedelta(days=2))
    trust = world().write_trust().with_data(kept(NOW + timedelta(days=20)))
    signed = stamped(signed_by(HOMEROOM_SLOT, key, back), (SEAL_SLOT,))
    forged = timestamp_slots(signed, (HOMEROOM_SLOT,), At(back + timedelta(hours=1), TimestampAuthority(loose)))
    at = NOW + timedelta(days=20)
    for document in (signed, forged):
        report = of(judge(document, at, trust), HOMEROOM_SLOT)
        assert (report.sub_indication, report.level) == ("REVOKED_NO_POE", "B")
    assert not judge(forged, at, trust).valid


def test_a_later_proof_does_where_the_anchor_began_only_after_the_earliest() -> None:
    """Timestamps of the day of signing, an anchor relied on since a day after, evidence of the next."""
    day = timedelta(days=1)
    store = world().write_trust(world().registry("production"), Path(tempfile.mkdtemp()))
    assert store.trust_list is not None
    anchors = tuple(replace(a, valid_from=write_instant(NOW + day)) for a in store.trust_list.anchors)
    store = replace(store, trust_list=replace(store.trust_list, anchors=anchors))
    beside = Beside(NOW + 2 * day, kept(NOW + day, NOW + 3 * day))
    alone = verify(released(), store, at=YEARS_LATER, evidence=beside)
    both = verify(timestamped(), store, at=YEARS_LATER, evidence=beside)
    for verification in (alone, both):
        assert of(verification, SLOT).indication is Indication.PASSED, of(verification, SLOT)
    assert of(both, SLOT).level == "T"


def test_a_withdrawn_approval_harms_only_what_nothing_shows_to_be_older() -> None:
    """Who still has the key writes any time he likes; what is proved to be from before stays right."""
    day, registry = timedelta(days=1), world().registry()
    (school,) = registry.schools
    (approval,) = school.certificates
    withdrawn = replace(approval, withdrawn_at=write_instant(NOW + day))
    registry = replace(registry, schools=(replace(school, certificates=(withdrawn,)),))
    trust = world().write_trust(registry, Path(tempfile.mkdtemp()))
    at, late = NOW + 2 * day, NOW + day + timedelta(minutes=1)
    for document, valid in (
        (released(), False),
        (stamped(released(), (SEAL_SLOT,)), True),
        (stamped(released(), (SEAL_SLOT,), late), False),
    ):
        seal = of(judge(document, at, trust), SEAL_SLOT)
        assert (seal.indication is Indication.PASSED) is valid, seal
        assert valid or (seal.indication, seal.sub_indication) == (Indication.INDETERMINATE, "SIG_CONSTRAINTS_FAILURE")
    for moment, valid in ((NOW + timedelta(hours=2), True), (late, False)):
        assert verify(released(), trust, at=at, evidence=Beside(moment)).valid is valid
    assert judge(released(), NOW + timedelta(hours=1), trust).valid  # as it was judged before the withdrawal
