"""The official form as plain view data, put together from its parts; templates only lay it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hocbaso_app.record.document import HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT, Document

from . import labels, layouts, marks, rows, signatures, words
from .view import Form, Line

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification


def make_form(
    document: Document,
    *,
    verification: Verification | None = None,
    mark: str | None = None,
    kind: marks.PrintKind = marks.PrintKind.INFORMATION,
    confirmation: marks.Confirmation | None = None,
    receipt: Mapping[str, str] | None = None,
) -> Form:
    """View data of one file; values come from ``document``, which carries the unverified mark unless it passed."""
    record, layout = document.record, layouts.form_for(document.record)
    general, summary = record.general, record.summary
    certificates = signatures.certificates_of(document, verification)
    return Form(
        pages=layouts.pages(record),
        form_title=layout["title"],
        general=general,
        mid_year=general.page_kind == "GIUA_NAM",
        watermarks=marks.watermarks(document, verification, mark),
        verified=marks.is_verified(document, verification),
        kind=kind.value,
        kind_text=marks.KIND_TEXTS[kind],
        confirmation=confirmation,
        confirmation_date=words.date(confirmation.date) if confirmation else None,
        confirmation_place=f"{general.release_place}, {words.long_date(confirmation.date)}" if confirmation else None,
        not_a_replacement=marks.NOT_A_REPLACEMENT,
        school_year=words.school_year(general.school_year),
        cover=labels.cover(general),
        pupil=labels.pupil(general),
        issue=labels.issue(general),
        history=tuple(rows.history_row(general, entry) for entry in record.history),
        measures=labels.measures(general),
        period=f"{words.date(general.from_date)} – {words.date(general.to_date)}",
        subjects=rows.subject_rows(record, layout["subjects"]),
        subject_legend=rows.subject_legend(record),
        groups=tuple(rows.level_group(record, group) for group in layout["level_groups"]),
        quality_legend=words.QUALITY_LEGEND,
        homeroom_remark=record.remarks.homeroom_remark,
        overall_result=summary.overall_result,
        rewards=summary.rewards,
        extraordinary_rewards=summary.extraordinary_rewards,
        completion=rows.completion(general, summary),
        promotion_decision=summary.promotion_decision,
        place_and_date=f"{general.release_place}, {words.long_date(general.released_at)}",
        homeroom=signatures.signed(document, verification, HOMEROOM_SLOT, general.homeroom_name),
        principal=signatures.signed(document, verification, MANAGER_SLOT, general.principal_name),
        seal=signatures.signed(document, verification, SEAL_SLOT, general.school_name),
        signatures=signatures.signature_rows(document, verification, certificates),
        certificates=tuple(signatures.certificate_row(certificate) for certificate in certificates),
        issuers=signatures.issuers(certificates),
        checks=signatures.checks(document, verification),
        technical=labels.technical(record),
        receipt=tuple(Line(name, words.readable(value)) for name, value in (receipt or {}).items()),
    )
