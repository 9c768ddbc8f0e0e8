"""Making signatures: two steps, one template, nothing earlier ever changes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree
from sample_records import mid_year, sample_record
from signing_world import CLERK, LATER, NOW, released, world

from hocbaso_app.record.diff import diff, touched_parts
from hocbaso_app.record.document import SEAL_SLOT, Document, build
from hocbaso_app.record.model import MidYearCitation
from hocbaso_app.signing import xades
from hocbaso_app.signing.sign import Prepared, SigningError, embed, prepare, seal_role, sign_slot
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.verify import verify
from hocbaso_app.signing.versions import after_withdrawal, replacement, return_for_correction

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES_NS = "{http://uri.etsi.org/01903/v1.3.2#}"


def c14n(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_the_template_is_canonical(algorithm: str) -> None:
    """What we digest and sign is what any XMLDSig implementation canonicalises."""
    key = world().ca.person('Vũ & <Thị> "An"', "999185000001", algorithm=algorithm)
    document = sign_slot(build(sample_record()), "ky-mon-02", key, NOW)
    prepared = prepare(build(sample_record()), "ky-mon-02", key.certificate, NOW)
    root = etree.fromstring(document.data)
    signed_info = next(root.iter(f"{DS}SignedInfo"))
    assert c14n(signed_info) == prepared.to_be_signed
    ids = {e.get("Id"): e for e in root.iter() if e.get("Id")}
    for reference in signed_info.iter(f"{DS}Reference"):
        target = ids[reference.get("URI", "")[1:]]
        digest = hashlib.sha256(c14n(target)).digest()
        assert reference.findtext(f"{DS}DigestValue") == base64.b64encode(digest).decode()
    assert Document.parse(document.data).data == document.data


def test_prepared_survives_json_and_embedding_twice_is_harmless() -> None:
    document, key = build(sample_record()), world().teachers["homeroom"]
    prepared = prepare(document, "ky-mon-02", key.certificate, NOW)
    again = Prepared.from_json(prepared.to_json())
    assert again == prepared
    value = key.sign([again.to_be_signed])[0]
    signed = embed(document, again, value)
    assert embed(signed, again, value) is signed


def test_refusals_leave_the_file_unchanged() -> None:
    document, key = build(sample_record()), world().teachers["homeroom"]
    prepared = prepare(document, "ky-mon-02", key.certificate, NOW)
    value = key.sign([prepared.to_be_signed])[0]
    first, *others = document.record.subjects
    changed = build(replace(document.record, subjects=(replace(first, level="H"), *others)))
    for target, wrong_value, code in (
        (changed, value, "DATA_CHANGED"),
        (document, value[:-1] + bytes([value[-1] ^ 1]), "VALUE_WRONG"),
        (document, b"", "VALUE_WRONG"),
        (world().sign(document, until=Stage.SUBJECT, at=LATER), value, "SLOT_FILLED"),
    ):
        with pytest.raises(SigningError) as refusal:
            embed(target, prepared, wrong_value)
        assert refusal.value.code == code
        assert refusal.value.message_vi
    for slot, code in (("ky-gvcn", "EARLIER_STAGE_MISSING"), ("ky-mon-04", "SLOT_UNKNOWN"), (SEAL_SLOT, "ROLE_WRONG")):
        with pytest.raises(SigningError) as refusal:
            prepare(document, slot, key.certificate, NOW)
        assert refusal.value.code == code


@pytest.mark.requirement("Y071")
def test_homeroom_waits_for_every_subject_of_that_pupil_only() -> None:
    complete = world().sign(build(sample_record()), until=Stage.SUBJECT)
    lacking = complete.with_slot("ky-mon-91", b"")
    key = world().teachers["homeroom"]
    with pytest.raises(SigningError, match="EARLIER_STAGE_MISSING"):
        prepare(lacking, "ky-gvcn", key.certificate, NOW)
    assert sign_slot(complete, "ky-gvcn", key, NOW).slot("ky-gvcn")


def test_later_signatures_change_nothing_in_earlier_ones() -> None:
    document = build(sample_record())
    seen: dict[str, bytes] = {}
    for slot in expected_slots(document.record):
        role = seal_role(CLERK) if slot.stage is Stage.RELEASE else None
        document = sign_slot(document, slot.id, world().key_of(slot), NOW, role)
        seen[slot.id] = document.slot(slot.id)
        assert all(document.slot(i) == octets for i, octets in seen.items())
        if slot.stage is not Stage.SUBJECT:
            assert verify(document, world().trust, at=LATER, stage=slot.stage).valid


@pytest.mark.requirement("Y091")
def test_the_seal_names_the_person_who_used_it() -> None:
    filled = xades.read_slot(released().slot(SEAL_SLOT))
    assert filled is not None and CLERK in filled.claimed_role
    report = verify(released(), world().trust, at=LATER).report
    assert CLERK in report.signatures[-1].role


def corrected(level: str = "H") -> Document:
    old = released()
    record = old.record
    subjects = tuple(replace(s, level=level, score="6") if s.subject_code == "12" else s for s in record.subjects)
    summary = replace(record.summary, overall_result="Hoàn thành", rewards=None)
    return replacement(
        old,
        replace(record, subjects=subjects, summary=summary),
        created_at=NOW + timedelta(days=1),
        released_at=NOW + timedelta(days=1),
    )


def test_after_a_recall_only_the_touched_part_signs_again() -> None:
    old, new = released(), corrected()
    assert touched_parts(diff(old.record, new.record)) == {"mon-12"}
    untouched = [s.id for s in expected_slots(new.record) if s.stage is Stage.SUBJECT and s.subject_code != "12"]
    assert len(untouched) == 11
    assert all(new.slot(i) == old.slot(i) != b"" for i in untouched)
    assert [i for i, inner in new.slots.items() if not inner] == ["ky-mon-12", "ky-gvcn", "ky-cbql", SEAL_SLOT]
    general = new.record.general
    assert general.replaces_code == old.record.general.record_code != general.record_code
    assert general.issue_number == "2"
    signed = world().sign(new, at=NOW + timedelta(days=1))
    verification = verify(signed, world().trust, at=NOW + timedelta(days=2))
    assert verification.valid, verification.report.to_text()


def test_a_replacement_needs_a_change_and_the_same_pupil() -> None:
    old = released()
    moments = {"created_at": NOW, "released_at": NOW}
    with pytest.raises(SigningError, match="NOTHING_CHANGED"):
        replacement(old, old.record, **moments)
    with pytest.raises(SigningError, match="OTHER_RECORD"):
        replacement(old, sample_record(pupil_code="9900000009"), **moments)


def test_a_withdrawn_file_starts_again_under_a_new_code_and_the_same_issue() -> None:
    old = released()
    moment = NOW + timedelta(days=1)
    changed = tuple(replace(s, remark="Khác.") if s.subject_code == "12" else s for s in old.record.subjects)
    for corrected_record, touched in ((old.record, set()), (replace(old.record, subjects=changed), {"12"})):
        new = after_withdrawal(old, corrected_record, created_at=moment, released_at=moment)
        before, general = old.record.general, new.record.general
        assert general.record_code != before.record_code
        assert (general.issue_number, general.replaces_code) == (before.issue_number, before.replaces_code)
        parts = {f"ky-mon-{code}" for code in touched}
        assert {i for i, inner in new.slots.items() if not inner} == parts | {"ky-gvcn", "ky-cbql", SEAL_SLOT}
        raised = {s.subject_code for s in new.record.subjects if s.revision == "2"}
        assert raised == touched == {r.subject_code for r in general.part_revisions if r.revision == "2"}
        signed = world().sign(new, at=moment)
        assert verify(signed, world().trust, at=NOW + timedelta(days=2)).valid


def test_return_before_release_keeps_the_code_and_untouched_signatures() -> None:
    old = world().sign(build(sample_record()), until=Stage.HOMEROOM)
    subjects = tuple(replace(s, level="H") if s.subject_code == "03" else s for s in old.record.subjects)
    new = return_for_correction(old, replace(old.record, subjects=subjects))
    assert new.record.general.record_code == old.record.general.record_code
    assert {i for i, inner in new.slots.items() if not inner} == {"ky-mon-03", "ky-gvcn", "ky-cbql", SEAL_SLOT}


def test_a_mid_year_page_passes_all_four_stages_and_the_year_record_cites_it() -> None:
    """QĐ Đ8.k2, k3: the leaving pupil's page is signed like a record, without overall result or promotion."""
    page = world().sign(build(mid_year(sample_record())))
    assert verify(page, world().trust, at=LATER).valid
    assert page.record.summary.overall_result is None
    record = sample_record(record_code="123e4567-e89b-42d3-a456-556642440777")
    cited = MidYearCitation(record_code=page.record.general.record_code, sha256=page.sha256)
    here = record.history[0]
    there = replace(here, class_name="5B", left_at="2026-01-12T00:00:00+07:00", mid_year_page=cited)
    whole = replace(record, history=(there, replace(here, arrived_at="2026-01-15T00:00:00+07:00")))
    verification = verify(world().sign(build(whole)), world().trust, at=LATER)
    assert verification.valid, verification.report.to_text()
    assert verification.record.history[0].mid_year_page == cited
