"""The two places that values are counted in: records of schools of this site, and what was received and verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count

from hocbaso_app.services import states
from hocbaso_app.services.overview import figures
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.services.statistics import kept, kinds
from hocbaso_app.services.statistics.kinds import Fact, Question

GENDER_CODES = {"Male": "1", "Female": "2", "Not known": "0"}


def facts(question: Question, asked: Asked) -> Iterator[Fact]:
    """All facts of a question."""
    source = Desk(question, asked) if question.source == kinds.RECORDS else Received(question, asked)
    if question.kind == kinds.SUBJECTS:
        return source.subjects()
    if question.kind == kinds.QUALITIES:
        return source.qualities()
    return source.whole()


def records_behind(question: Question, asked: Asked, group: str, item: str, value: str) -> Any:
    """Query over the records that a number counts, and its table; nothing selected yet."""
    source = Desk(question, asked) if question.source == kinds.RECORDS else Received(question, asked)
    return source.behind(group, item, value)


class Desk:
    """HBS Record: year-end pages of the area, whatever their state; a recalled one is not counted."""

    def __init__(self, question: Question, asked: Asked) -> None:
        self.question = question
        self.record = frappe.qb.DocType("HBS Record")
        self.result = frappe.qb.DocType("HBS Record Result")
        self.base = figures.select_records(asked).where(self.record.page_kind == "CA_NAM")
        self.base = self.base.where(self.record.state != states.RECALLED)
        if question.grade:
            self.base = self.base.where(self.record.grade == question.grade)

    def group(self) -> Any:
        """Expression of the question's group."""
        columns = {
            kinds.OFFICE: figures.above_on_day(),
            kinds.SCHOOL: self.record.unit,
            kinds.GRADE: self.record.grade,
            kinds.CLASS: self.record.student_group,
            kinds.GENDER: self.record.gender,
            kinds.ETHNIC: self.record.ethnic_group,
        }
        return Coalesce(columns[self.question.by], "")

    def whole_value(self) -> Any:
        """Expression of a whole-record value."""
        record = self.record
        if self.question.kind == kinds.RESULTS:
            return Coalesce(record.overall_result, "")
        if self.question.kind == kinds.PROMOTION:
            return Coalesce(record.promoted, "")
        nothing = (Coalesce(record.rewards, "") == "") & (Coalesce(record.extraordinary_rewards, "") == "")
        return Case().when(nothing, "No").else_("Yes")

    def subjects(self) -> Iterator[Fact]:
        """Level and mark of each subject part."""
        result = self.result
        query = self.base.join(result).on(result.parent == self.record.name)
        groups = (self.group(), result.subject_code, Coalesce(result.level, ""), Coalesce(result.score, ""))
        for group, code, level, score, pupils in query.select(*groups, Count("*")).groupby(*groups).run():
            yield Fact(self._said(group), code, level, pupils, int(score) if score.isdecimal() else None)

    def qualities(self) -> Iterator[Fact]:
        """Each competency and quality."""
        for name in kept.quality_names():
            groups = (self.group(), Coalesce(self.record[name], ""))
            for group, level, pupils in self.base.select(*groups, Count("*")).groupby(*groups).run():
                yield Fact(self._said(group), name, level, pupils)

    def whole(self) -> Iterator[Fact]:
        """One value per record."""
        groups = (self.group(), self.whole_value())
        for group, value, pupils in self.base.select(*groups, Count("*")).groupby(*groups).run():
            yield Fact(self._said(group), "", value, pupils)

    def _said(self, group: str) -> str:
        return GENDER_CODES.get(group, group) if self.question.by == kinds.GENDER else group

    def behind(self, group: str, item: str, value: str) -> Any:
        """See :func:`records_behind`."""
        if self.question.by == kinds.GENDER:
            group = next((word for word, code in GENDER_CODES.items() if code == group), group)
        query = self.base.where(self.group() == group)
        if self.question.kind == kinds.SUBJECTS:
            result = self.result
            query = query.join(result).on(result.parent == self.record.name).where(result.subject_code == item)
            return query.where(Coalesce(result.level, "") == value), self.record
        if self.question.kind == kinds.QUALITIES:
            name = item if item in kept.quality_names() else kept.quality_names()[0]
            return query.where(Coalesce(self.record[name], "") == value), self.record
        return query.where(self.whole_value() == value), self.record


class Received:
    """HBS Received Result: year-end pages in force, with the values of the verified files."""

    def __init__(self, question: Question, asked: Asked) -> None:
        self.question = question
        self.record = frappe.qb.DocType("HBS Received Record")
        self.result = frappe.qb.DocType(kept.DOCTYPE)
        query = figures.received(asked).join(self.result).on(self.result.received_record == self.record.name)
        self.base = query.where(self.record.status == "Active").where(self.result.page == "CA_NAM")
        if question.grade:
            self.base = self.base.where(self.result.grade == question.grade)

    def group(self) -> Any:
        """Expression of the question's group."""
        result = self.result
        columns = {
            kinds.OFFICE: result.office,
            kinds.SCHOOL: result.unit,
            kinds.GRADE: result.grade,
            kinds.CLASS: result.class_name,
            kinds.GENDER: result.gender,
            kinds.ETHNIC: result.ethnic_group,
        }
        return Coalesce(columns[self.question.by], "")

    def whole_value(self) -> Any:
        """Expression of a whole-record value."""
        result = self.result
        if self.question.kind == kinds.REWARDS:
            return Case().when(result.rewarded == 1, "Yes").else_("No")
        return Coalesce(result.overall_result if self.question.kind == kinds.RESULTS else result.promoted, "")

    def subjects(self) -> Iterator[Fact]:
        """Level and mark of each subject part."""
        groups = (self.group(), self.result.levels)
        for group, levels, pupils in self.base.select(*groups, Count("*")).groupby(*groups).run():
            for code, level, mark in kept.unpacked_levels(levels):
                yield Fact(group, code, level, pupils, mark)

    def qualities(self) -> Iterator[Fact]:
        """Each competency and quality."""
        groups = (self.group(), self.result.qualities)
        for group, letters, pupils in self.base.select(*groups, Count("*")).groupby(*groups).run():
            for name, letter in zip(kept.quality_names(), letters or "", strict=False):
                yield Fact(group, name, "" if letter == kept.NONE else letter, pupils)

    def whole(self) -> Iterator[Fact]:
        """One value per record."""
        groups = (self.group(), self.whole_value())
        for group, value, pupils in self.base.select(*groups, Count("*")).groupby(*groups).run():
            yield Fact(group, "", value, pupils)

    def behind(self, group: str, item: str, value: str) -> Any:
        """See :func:`records_behind`."""
        query, result = self.base.where(self.group() == group), self.result
        if self.question.kind == kinds.SUBJECTS:
            return query.where(result.levels.like(f"%|{item}{value or kept.NONE}%")), self.record
        if self.question.kind == kinds.QUALITIES:
            names = kept.quality_names()
            place = names.index(item) if item in names else 0
            letters = "_" * place + (value or kept.NONE) + "_" * (len(names) - place - 1)
            return query.where(result.qualities.like(letters)), self.record
        return query.where(self.whole_value() == value), self.record
