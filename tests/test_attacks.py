"""Hand-made attacks: nothing that was altered, moved, removed, added or signed by the wrong hand ever passes."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_records import PRINCIPAL, TEACHERS, sample_record
from signing_world import CLERK, LATER, NOW, TAX_CODE, released, world

from hocbaso_app.record.document import SEAL_SLOT, Document, build
from hocbaso_app.record.errors import FormatError
from hocbaso_app.signing import xades
from hocbaso_app.signing.report import Check, Indication
from hocbaso_app.signing.sign import SigningError, prepare, seal_role, sign_slot
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.verify import Verification, verify

DS = "http://www.w3.org/2000/09/xmldsig#"


def judge(data: bytes, **options: object) -> Verification:
    return verify(data, world().trust, at=options.pop("at", LATER), **options)  # type: ignore[arg-type]


def sub_indications(verification: Verification) -> set[str | None]:
    return {s.sub_indication for s in verification.report.signatures if s.indication is not Indication.PASSED}


def codes(verification: Verification) -> set[str]:
    return {f.code for f in verification.report.findings}


def test_the_untouched_record_passes() -> None:
    verification = judge(released().data)
    assert verification.valid and verification.exit_code == 0
    assert len(verification.report.signatures) == 15
    assert verification.record == sample_record()


LEAF = re.compile(rb"<([A-Z_]+)>([^<]+)</\1>")


def leaves(data: bytes) -> list[re.Match[bytes]]:
    return list(LEAF.finditer(data[: data.index(b"</DU_LIEU_HOC_BA>")]))


@pytest.mark.parametrize("number", range(len(leaves(released().data))))
def test_every_value_altered_fails(number: int) -> None:
    data = released().data
    match = leaves(data)[number]
    value = match[2].decode()
    last = {"T": "H", "0": "1", "1": "2"}.get(value[-1], "1" if value[-1].isdigit() else "X")
    altered = data[: match.start(2)] + (value[:-1] + last).encode() + data[match.end(2) :]
    assert altered != data
    verification = judge(altered)
    assert verification.exit_code == 1
    with pytest.raises(Exception, match="NOT_VERIFIED"):
        _ = verification.record


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_changed_octet_fails(data: st.DataObject) -> None:
    octets = bytearray(released().data)
    position = data.draw(st.integers(0, len(octets) - 1))
    octets[position] ^= data.draw(st.integers(1, 255))
    assert judge(bytes(octets)).exit_code != 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(released().data) - 1))
def test_truncated_files_are_unreadable(length: int) -> None:
    assert judge(released().data[:length]).exit_code == 3


@pytest.mark.parametrize("slot", list(released().slots))
def test_each_signature_removed_fails(slot: str) -> None:
    verification = judge(released().with_slot(slot, b"").data)
    assert verification.exit_code == 1
    assert codes(verification) == {"MISSING_SIGNATURE"}


@pytest.mark.requirement("Y013")
def test_signed_only_with_persons_and_seal() -> None:
    """A file with only teacher signatures is not signed; with the seal out the state falls back."""
    only_teachers = world().sign(build(sample_record()), until=Stage.SUBJECT)
    assert judge(only_teachers.data).exit_code == 1
    assert judge(only_teachers.data, stage=Stage.SUBJECT).valid
    without_seal = released().with_slot(SEAL_SLOT, b"")
    assert judge(without_seal.data).exit_code == 1
    assert judge(without_seal.data, stage=Stage.MANAGER).valid


@pytest.mark.parametrize(
    "changes",
    [
        {"pupil_code": "9900000002"},
        {"school_code": "31999902"},
        {"school_year": "2024-2025", "start_year": "2024", "from_date": "2024-09-05", "to_date": "2025-05-31"},
    ],
    ids=["pupil", "school", "year"],
)
def test_parts_of_another_record_cannot_slip_in(changes: dict[str, str]) -> None:
    """A signed subject part of another pupil, school or year, with its slot, put into this record."""
    part_fields = {k: v for k, v in changes.items() if k != "start_year"}
    other = sample_record(**changes)
    other = replace(other, subjects=tuple(replace(s, **part_fields) for s in other.subjects))
    donor = world().sign(build(other), until=Stage.SUBJECT)
    record = sample_record()
    swapped = replace(record, subjects=(donor.record.subjects[0], *record.subjects[1:]))
    document = build(swapped).with_slot("ky-mon-02", donor.slot("ky-mon-02"))
    verification = judge(world().sign(document).data)
    assert verification.exit_code == 1
    assert "PART_OF_ANOTHER_RECORD" in codes(verification)


def test_an_older_mark_of_the_same_pupil_cannot_slip_back_in() -> None:
    first = released()
    record = first.record
    revised = tuple(replace(s, revision="2") if s.subject_code == "02" else s for s in record.subjects)
    revisions = tuple(replace(r, revision="2") if r.subject_code == "02" else r for r in record.general.part_revisions)
    second = replace(record, subjects=revised, general=replace(record.general, part_revisions=revisions))
    old_part = replace(second, subjects=(record.subjects[0], *revised[1:]))
    document = build(old_part).with_slot("ky-mon-02", first.slot("ky-mon-02"))
    assert "REVISION_MISMATCH" in codes(judge(world().sign(document).data))


def test_slots_swapped_between_subjects_fail() -> None:
    document = released()
    a, b = document.slot("ky-mon-02"), document.slot("ky-mon-01")
    assert judge(document.with_slot("ky-mon-02", b).with_slot("ky-mon-01", a).data).exit_code == 1


def test_signatures_of_another_pupil_fail() -> None:
    other = world().sign(build(sample_record(full_name="Vũ Minh Khang", citizen_id="999315000002")))
    document = released()
    for slot in ("ky-gvcn", "ky-cbql", SEAL_SLOT):
        assert judge(document.with_slot(slot, other.slot(slot)).data).exit_code == 1


BODY = released().data
SLOT = released().slot("ky-mon-02")
SIGNED_PART = released().part("mon-02")


def wrap(old: bytes, new: bytes, count: int = 1) -> bytes:
    assert old in BODY
    return BODY.replace(old, new, count)


FORGED_PART = SIGNED_PART.replace(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC>H<")
WRAPPINGS = {
    "signed part moved into an Object": wrap(SIGNED_PART, FORGED_PART).replace(
        b"</Signature></GVBM>", b"<Object>" + SIGNED_PART + b"</Object></Signature></GVBM>", 1
    ),
    "signed part beside the forged one": wrap(SIGNED_PART, FORGED_PART + SIGNED_PART),
    "forged part before, same Id": wrap(SIGNED_PART, SIGNED_PART + FORGED_PART),
    "whole data wrapped, forged shown": wrap(
        b"<DANH_SACH_THONG_TIN_KY", released().part("data") + b"<DANH_SACH_THONG_TIN_KY"
    ),
    "data inside a slot": wrap(b"</Signature></KY_PHAT_HANH>", b"</Signature>" + SIGNED_PART + b"</KY_PHAT_HANH>"),
    "data inside a signature": wrap(b"</KeyInfo>", SIGNED_PART + b"</KeyInfo>"),
    "extra root child": wrap(b"</HOC_BA>", SIGNED_PART + b"</HOC_BA>"),
    "new root around all": b"<HOC_BA>" + BODY + b"</HOC_BA>",
    "second signature in a slot": wrap(SLOT, SLOT + SLOT),
    "second seal": wrap(b"</PHAT_HANH_HOC_BA>", b'<KY_PHAT_HANH Id="ky-phat-hanh"></KY_PHAT_HANH></PHAT_HANH_HOC_BA>'),
    "extra slot": wrap(b"</DANH_SACH_GVBM>", b'<GVBM Id="ky-mon-99"></GVBM></DANH_SACH_GVBM>'),
    "duplicate Id": wrap(b' Id="mon-01"', b' Id="mon-02"'),
    "Id spelled ID": wrap(b' Id="mon-02"', b' ID="mon-02"'),
    "Id spelled id": wrap(b' Id="mon-02"', b' id="mon-02"'),
    "xml:id": wrap(b' Id="mon-02"', b' xml:id="mon-02"'),
    "second Id attribute": wrap(b' Id="mon-02"', b' Id="mon-02" xml:id="mon-01"'),
    "comment splits a value": wrap(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC><!-- -->T<"),
    "instruction splits a value": wrap(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC><?x?>T<"),
    "CDATA": wrap(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC><![CDATA[T]]><"),
    "character reference": wrap(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC>&#84;<"),
    "extra element": wrap(b"<MUC_DAT_DUOC>", b"<DIEM>10</DIEM><MUC_DAT_DUOC>"),
    "extra attribute": wrap(b' Id="mon-02">', b' Id="mon-02" X="1">'),
    "foreign namespace": wrap(b"<MUC_DAT_DUOC>T</MUC_DAT_DUOC>", b'<a:MUC_DAT_DUOC xmlns:a="urn:x">T</a:MUC_DAT_DUOC>'),
    "white space": wrap(b"<DANH_SACH_GVBM>", b"\n<DANH_SACH_GVBM>"),
    "XML declaration": b'<?xml version="1.0" encoding="UTF-8"?>' + BODY,
    "byte order mark": b"\xef\xbb\xbf" + BODY,
    "DTD": b"<!DOCTYPE HOC_BA>" + BODY,
    "entity bomb": b'<!DOCTYPE HOC_BA [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + BODY,
    "external entity": b'<!DOCTYPE HOC_BA [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + BODY,
    "trailing octets": BODY + b"\n",
    "leading space": b" " + BODY,
    "unsigned property": wrap(
        b"</xades:SignedProperties>",
        b"</xades:SignedProperties><xades:UnsignedProperties></xades:UnsignedProperties>",
    ),
}


@pytest.mark.parametrize("data", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_wrapping_and_spelling_tricks_fail(data: bytes) -> None:
    assert data != BODY
    assert judge(data).exit_code == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1258"])
def test_wrong_encodings_are_unreadable(encoding: str) -> None:
    assert judge(BODY.decode().encode(encoding, "replace")).exit_code != 0


def resigned(slot_id: str, edit: dict[str, str], digest_first: bytes | None = None) -> bytes:
    """The record with a slot re-signed by the right key over a tampered SignedInfo."""
    document = released()
    slot = next(s for s in expected_slots(document.record) if s.id == slot_id)
    key = world().key_of(slot)
    filled = xades.read_slot(document.slot(slot_id))
    assert filled is not None
    octets = filled.octets.decode()
    for old, new in edit.items():
        assert old in octets
        octets = octets.replace(old, new)
    info = octets[octets.index("<SignedInfo>") : octets.index("</SignedInfo>") + len("</SignedInfo>")]
    value = base64.b64encode(
        key.sign([info.replace("<SignedInfo>", f'<SignedInfo xmlns="{DS}">').encode()])[0]
    ).decode()
    octets = re.sub(r"(<SignatureValue [^>]*>)[^<]*", lambda m: m[1] + value, octets)
    return document.with_slot(slot_id, document.slot(slot_id).replace(filled.octets, octets.encode())).data


EDITS = {
    "SHA-1 digest": {xades.SHA256: "http://www.w3.org/2000/09/xmldsig#sha1"},
    "SHA-512 digest": {xades.SHA256: "http://www.w3.org/2001/04/xmlenc#sha512"},
    "RSA-SHA1": {xades.ALGORITHMS["rsa"]: "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
    "HMAC": {xades.ALGORITHMS["rsa"]: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"},
    "ECDSA named with an RSA key": {xades.ALGORITHMS["rsa"]: xades.ALGORITHMS["ec"]},
    "inclusive C14N": {xades.EXC_C14N: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
    "C14N with comments": {xades.EXC_C14N: f"{xades.EXC_C14N}WithComments"},
    "XPath transform": {
        f'<Transform Algorithm="{xades.EXC_C14N}"></Transform>': '<Transform Algorithm="http://www.w3.org/TR/1999/'
        'REC-xpath-19991116"><XPath>0</XPath></Transform>'
    },
    "XSLT transform": {
        f'<Transform Algorithm="{xades.EXC_C14N}"></Transform>': '<Transform Algorithm="http://www.w3.org/TR/1999/'
        'REC-xslt-19991116"></Transform>'
    },
    "reference to another part": {'URI="#mon-02"': 'URI="#mon-01"'},
    "whole-document reference": {'URI="#mon-02"': 'URI=""'},
    "external reference": {'URI="#mon-02"': 'URI="http://example.invalid/"'},
    "reference without its time": {'URI="#ky-mon-02-time"': 'URI="#mon-02"'},
    "XPointer": {'URI="#mon-02"': 'URI="#xpointer(id(&quot;mon-02&quot;))"'},
    "manifest": {f'Type="{DS}SignatureProperties"': f'Type="{DS}Manifest"'},
    "other role": {"Giáo viên bộ môn Tiếng Việt": "Hiệu trưởng"},
    "other claimed time in one place": {"<xades:SigningTime>2026-05-29": "<xades:SigningTime>2026-05-28"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_the_right_key_over_a_wrong_signedinfo_fails(edit: dict[str, str]) -> None:
    verification = judge(resigned("ky-mon-02", edit))
    assert verification.exit_code != 0
    assert not verification.valid
    assert "SIG_CRYPTO_FAILURE" not in sub_indications(verification)


def test_a_hand_made_signature_like_ours_passes_so_the_test_above_bites() -> None:
    assert judge(resigned("ky-phat-hanh", {})).valid


def released_with(slot_ids: set[str], key: object, at: object = NOW) -> Verification:
    document = world().sign(build(sample_record()), key_of=lambda s: key if s.id in slot_ids else world().key_of(s))  # type: ignore[arg-type,return-value]
    return judge(document.data)


@pytest.mark.requirement("Y033")
def test_wrong_person_fails() -> None:
    """A teacher who is not the one assigned to the class, and the principal for a teacher."""
    stranger = world().ca.person("Người Lạ", "999199999999")
    for key in (stranger, world().principal, world().teachers["english"]):
        verification = released_with({"ky-mon-02"}, key)
        assert verification.exit_code == 1
        assert "WRONG_PERSON" in codes(verification)


@pytest.mark.requirement("Y047")
def test_certificate_with_another_personal_number_fails() -> None:
    same_name = world().ca.person(TEACHERS["homeroom"][0], "999185999999")
    assert "WRONG_PERSON" in codes(released_with({"ky-gvcn"}, same_name))


@pytest.mark.requirement("Y032")
def test_seal_of_another_school_or_person_fails() -> None:
    other_school = world().ca.organisation("Trường Tiểu học Khác", "0209999902")
    for key in (other_school, world().principal):
        verification = released_with({SEAL_SLOT}, key)
        assert verification.exit_code == 1
        assert "WRONG_SCHOOL" in codes(verification)
        assert not verification.report.check_passed(Check.ENTITLEMENT)


def test_right_school_but_not_approved_is_indeterminate() -> None:
    renewed = world().ca.organisation("Trường Tiểu học Hoa Phượng", TAX_CODE)
    verification = released_with({SEAL_SLOT}, renewed)
    assert verification.exit_code == 2
    assert "SEAL_NOT_APPROVED" in codes(verification)


def test_replaced_certificate_fails() -> None:
    """The same key with another certificate of the same person in KeyInfo."""
    document = released()
    filled = xades.read_slot(document.slot("ky-gvcn"))
    assert filled is not None
    other = world().ca.person(*TEACHERS["homeroom"]).certificate
    old = base64.b64encode(filled.certificate)
    new = base64.b64encode(other.public_bytes(Encoding.DER))
    assert judge(document.with_slot("ky-gvcn", document.slot("ky-gvcn").replace(old, new)).data).exit_code == 1


@pytest.mark.requirement("Y034")
def test_each_certificate_fault_has_its_own_verdict() -> None:
    """Expired, not yet valid, revoked, unknown root, wrong reference."""
    ca = world().ca
    who = TEACHERS["homeroom"]
    expired = ca.person(*who, not_after=NOW - timedelta(days=1))
    early = ca.person(*who, not_before=NOW + timedelta(minutes=30))
    ends_soon = ca.person(*who, not_after=NOW + timedelta(minutes=30))
    stranger = type(ca).create(NOW, "Other").person(*who)
    cases = {
        "EXPIRED": (expired, 1),
        "NOT_YET_VALID": (early, 1),
        "OUT_OF_BOUNDS_NO_POE": (ends_soon, 2),
        "NO_CERTIFICATE_CHAIN_FOUND": (stranger, 2),
    }
    for expected, (key, exit_code) in cases.items():
        verification = released_with({"ky-gvcn"}, key)
        assert (sub_indications(verification), verification.exit_code) == ({expected}, exit_code), expected
    wrong = judge(resigned("ky-mon-02", {'URI="#mon-02"': 'URI="#mon-01"'}))
    assert "FORMAT_FAILURE" in sub_indications(wrong)


@pytest.mark.parametrize(("hours", "sub_indication", "exit_code"), [(-1, "REVOKED", 1), (1, "REVOKED_NO_POE", 2)])
def test_revoked_certificates(hours: int, sub_indication: str, exit_code: int, tmp_path: object) -> None:
    from signing_world import World

    own = World()
    document = own.sign(build(sample_record()))
    own.ca.revoke(own.principal.certificate, NOW + timedelta(hours=hours))
    trust = own.write_trust()
    verification = verify(document.data, trust, at=NOW + timedelta(hours=2))
    assert (sub_indications(verification), verification.exit_code) == ({sub_indication}, exit_code)


def test_weak_key_cannot_sign() -> None:
    from hocbaso_app.demo.ca import new_key

    weak = replace(world().principal, private_key=new_key("rsa", 1024))
    ca = world().ca
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    certificate = (
        x509.CertificateBuilder()
        .subject_name(world().principal.certificate.subject)
        .issuer_name(ca.persons.certificate.subject)
        .public_key(weak.private_key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(ca.persons.key, hashes.SHA256())
    )
    document = world().sign(build(sample_record()), until=Stage.HOMEROOM)
    with pytest.raises(SigningError, match="WEAK_KEY"):
        prepare(document, "ky-cbql", certificate, NOW)


def test_practice_record_never_passes_with_production_trust(tmp_path: object) -> None:
    from pathlib import Path

    trust = world().write_trust(world().registry("production"), Path(str(tmp_path)))
    verification = verify(released().data, trust, at=LATER)
    assert verification.exit_code == 1
    assert codes(verification) == {"WRONG_ENVIRONMENT"}


def test_stage_times_must_not_run_backwards() -> None:
    document = world().sign(build(sample_record()), until=Stage.HOMEROOM)
    document = sign_slot(document, "ky-cbql", world().principal, NOW - timedelta(hours=1))
    document = sign_slot(document, SEAL_SLOT, world().school, NOW, seal_role(CLERK))
    assert "TIME_ORDER" in codes(judge(document.data))


def test_signing_in_the_future_is_not_believed() -> None:
    document = world().sign(build(sample_record()), at=NOW + timedelta(days=1))
    assert sub_indications(judge(document.data)) == {"SIG_CONSTRAINTS_FAILURE"}


def test_principal_who_also_teaches_fails() -> None:
    record = sample_record(homeroom_name=PRINCIPAL[0], homeroom_citizen_id=PRINCIPAL[1])
    document = world().sign(
        build(record), key_of=lambda s: world().principal if s.stage is Stage.HOMEROOM else world().key_of(s)
    )
    assert "PRINCIPAL_TEACHES" in codes(judge(document.data))


def test_slot_date_and_number_must_be_the_signatures() -> None:
    document = released()
    inner = document.slot("ky-gvcn")
    later = inner.replace(b"<NGAY_KY>2026-05-29T10", b"<NGAY_KY>2026-05-29T11", 1)
    assert "SLOT_DATE" in codes(judge(document.with_slot("ky-gvcn", later).data))
    other = inner.replace(b"<SO_CCCD>999185000001", b"<SO_CCCD>999185000002", 1)
    assert "SLOT_CITIZEN_ID" in codes(judge(document.with_slot("ky-gvcn", other).data))


@pytest.mark.requirement("Y014")
def test_twelve_damaged_files_each_fail_the_right_check() -> None:
    """One table: damage → the named check that fails; the clean file passes all."""
    document = released()
    other_seal = world().ca.organisation("Trường Khác", "0209999902")
    stranger = world().ca.person("Người Lạ", "999199999999")

    def signed_by(slot: str, key: object) -> bytes:
        return (
            world()
            .sign(
                build(sample_record()),
                key_of=lambda s: key if s.id == slot else world().key_of(s),  # type: ignore[arg-type,return-value]
            )
            .data
        )

    wrong_result = replace(sample_record(), summary=replace(sample_record().summary, overall_result="Hoàn thành tốt"))
    no_number = sample_record(citizen_id=None)
    table = {
        "comment": (BODY.replace(b"<HOC_BA>", b"<HOC_BA><!-- -->"), Check.FORM),
        "white space": (BODY + b" ", Check.FORM),
        "extra element": (WRAPPINGS["extra element"], Check.FORM),
        "duplicate Id": (WRAPPINGS["duplicate Id"], Check.FORM),
        "no citizen number": (world().sign(build(no_number)).data, Check.CONTENT),
        "wrong overall result": (world().sign(build(wrong_result)).data, Check.CONTENT),
        "no seal": (document.with_slot(SEAL_SLOT, b"").data, Check.PRESENCE),
        "no teacher": (document.with_slot("ky-mon-01", b"").data, Check.PRESENCE),
        "stranger as teacher": (signed_by("ky-mon-01", stranger), Check.ENTITLEMENT),
        "seal of another school": (signed_by(SEAL_SLOT, other_seal), Check.ENTITLEMENT),
        "value altered": (BODY.replace(b"<CAN_NANG>31.5", b"<CAN_NANG>31.6"), Check.VALIDITY),
        "signature value altered": (resigned_wrongly(document), Check.VALIDITY),
    }
    assert len(table) == 12
    for name, (data, check) in table.items():
        verification = judge(data)
        assert not verification.report.check_passed(check), name
        assert verification.exit_code == 1, name
    assert all(judge(BODY).report.check_passed(check) for check in Check)


def resigned_wrongly(document: Document) -> bytes:
    filled = xades.read_slot(document.slot(SEAL_SLOT))
    assert filled is not None
    wrong = base64.b64encode(hashlib.sha256(filled.value).digest() * 8)
    inner = document.slot(SEAL_SLOT).replace(base64.b64encode(filled.value), wrong)
    return document.with_slot(SEAL_SLOT, inner).data


def test_format_errors_are_vietnamese() -> None:
    with pytest.raises(FormatError) as refusal:
        Document.parse(BODY.replace(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC>Q<", 1))
    assert refusal.value.code == "XSD"
    assert "hp-1" in refusal.value.message_vi


@pytest.mark.parametrize("position", range(0, 600, 7))
def test_a_damaged_certificate_is_an_answer_not_a_crash(position: int) -> None:
    """Any altered octet of the certificate in KeyInfo, the curve's OID among them."""
    document = released()
    filled = xades.read_slot(document.slot("ky-gvcn"))
    assert filled is not None
    der = bytearray(world().ca.person(*TEACHERS["homeroom"], algorithm="ec").certificate.public_bytes(Encoding.DER))
    der[position % len(der)] ^= 0x15
    inner = document.slot("ky-gvcn").replace(base64.b64encode(filled.certificate), base64.b64encode(bytes(der)))
    assert judge(document.with_slot("ky-gvcn", inner).data).exit_code != 0
