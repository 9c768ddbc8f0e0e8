"""What differs between the roots of earlier days and what is there now: put in, taken out, changed, dated back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from hocbaso_app.record.times import read_instant

from .leaves import FileLeaf, RootError
from .statement import Claims, KeptRoot

TOLERANCE = timedelta(minutes=15)
"""A step that was under way while a root was made is not in it, though its time is earlier."""

MAY_BECOME = {
    "Working": {"Working", "Superseded", "Released", "Recalled", "Taken Back"},
    "Released": {"Released", "Recalled", "Taken Back"},
    "Active": {"Active", "Recalled"},
}
"""Status of a file → what it may be at a later root; any other stays as it is."""

GROWS = "Working"
"""The one status in which a file's bytes change."""


class What(str, Enum):
    """Kinds of differences."""

    REMOVED = "removed"
    CHANGED = "changed"
    STATUS = "status"
    INSERTED = "inserted"
    BACK_DATED = "back-dated"
    ROOT_DAMAGED = "root-damaged"
    ROOT_MISSING = "root-missing"
    ROOT_UNCHAINED = "root-unchained"


@dataclass(frozen=True, slots=True)
class Difference:
    """``kind``: version, received, entry or root; ``day``: of the root that says otherwise; ``detail``: old → new."""

    what: What
    kind: str
    name: str
    day: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """A file as it is now. ``created``: when its row came; ``brought_back``: from the authority, says the trail."""

    leaf: FileLeaf
    created: datetime
    brought_back: bool = False


@dataclass(frozen=True, slots=True)
class PresentEntry:
    """An entry as it is now. ``own``: it is of the unit itself, so each root of the unit must have it."""

    hash: str
    at: datetime
    own: bool


@dataclass
class Known:
    """What a row of roots says together: the last word about each file and entry, with the day of that root."""

    files: dict[tuple[str, str], tuple[FileLeaf, str]] = field(default_factory=dict)
    entries: dict[int, tuple[str, str]] = field(default_factory=dict)
    last: KeptRoot | None = None
    latest: Claims | None = None
    """The root with the latest time: of all roots the last one, unless somebody dated one back."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def moment(self) -> datetime | None:
        """Until when all is known; it never goes back."""
        return self.latest.moment if self.latest else None

    @property
    def day(self) -> str:
        """The same as a day."""
        return self.latest.day if self.latest else ""

    def take(self, kept: KeptRoot) -> None:
        """The next root: what it says against the ones before is a difference, and its word counts from now on."""
        claims, own = kept.claims, kept.listed
        if self.latest is not None and claims.moment < self.latest.moment - TOLERANCE:
            self.differences.append(Difference(What.BACK_DATED, "root", str(claims.number), self.day, claims.at))
        for leaf in own.files:
            before = self.files.get(leaf.key)
            if before is not None:
                self._note(change(before[0], leaf, self.moment, before[1]))
            self.files[leaf.key] = (leaf, claims.day)
        for entry in own.entries:
            said = self.entries.get(entry.number)
            if said is not None and said[0] != entry.hash:
                self.differences.append(Difference(What.CHANGED, "entry", str(entry.number), said[1]))
            self.entries[entry.number] = (entry.hash, claims.day)
        self.last = kept
        if self.latest is None or claims.moment > self.latest.moment:
            self.latest = claims

    def _note(self, found: Difference | None) -> None:
        if found is not None:
            self.differences.append(found)


def replay(roots: Iterable[KeptRoot], *, lists: bool = True) -> Known:
    """Roots in their order. A damaged, missing or unchained one is named; ``lists``: lists against statements too."""
    known, number, previous = Known(), 0, ""
    for kept in roots:
        number += 1
        try:
            claims = kept.claims
            if lists:
                kept.check()
            if claims.number != number:
                known.differences.append(Difference(What.ROOT_MISSING, "root", str(number), claims.day))
            elif claims.previous != previous:
                known.differences.append(Difference(What.ROOT_UNCHAINED, "root", str(number), claims.day))
            known.take(kept)
            number = claims.number
        except RootError as error:
            known.differences.append(Difference(What.ROOT_DAMAGED, "root", str(number), "", error.message_en))
        previous = kept.sha256
    return known


def against_files(known: Known, present: Iterable[Present]) -> Iterator[Difference]:
    """Every file that is there, and every one that should be."""
    missing = dict(known.files)
    for now in present:
        before = missing.pop(now.leaf.key, None)
        if before is not None:
            found = change(before[0], now.leaf, known.moment, before[1])
            if found is not None:
                yield found
        elif known.moment is not None:
            found = _new(now, known.moment, known.day)
            if found is not None:
                yield found
    for leaf, day in missing.values():
        yield Difference(What.REMOVED, leaf.kind, leaf.name, day, leaf.code)


def against_entries(known: Known, present: Mapping[int, PresentEntry]) -> Iterator[Difference]:
    """The same for the trail; ``present``: at least all that the roots name, and all newer ones."""
    last = max(known.entries, default=0)
    for number, (said, day) in sorted(known.entries.items()):
        now = present.get(number)
        if now is None:
            yield Difference(What.REMOVED, "entry", str(number), day)
        elif now.hash != said:
            yield Difference(What.CHANGED, "entry", str(number), day)
    end = known.last.claims.last_entry if known.last else last
    for number, now in sorted(present.items()):
        if number in known.entries or known.moment is None:
            continue
        if number <= end and now.own:
            yield Difference(What.INSERTED, "entry", str(number), known.day)
        elif number > end and now.at < known.moment - TOLERANCE:
            yield Difference(What.BACK_DATED, "entry", str(number), known.day, now.at.isoformat())


def change(before: FileLeaf, now: FileLeaf, since: datetime | None, day: str) -> Difference | None:
    """Whether a file may have become what it is; ``since``: when it was last as it was."""
    if before == now:
        return None

    def different(what: What, old: str, new: str) -> Difference:
        return Difference(what, before.kind, before.name, day, f"{old} → {new}")

    if before.code != now.code:
        return different(What.CHANGED, before.code, now.code)
    if before.sha256 != now.sha256 and before.status != GROWS:
        return different(What.CHANGED, before.sha256, now.sha256)
    if now.status not in MAY_BECOME.get(before.status, {before.status}):
        return different(What.STATUS, before.status, now.status)
    if before.moment != now.moment:
        early = since is not None and now.moment and read_instant(now.moment) < since - TOLERANCE
        if before.status != GROWS or before.moment or early:
            return different(What.BACK_DATED, before.moment, now.moment)
    return None


def _new(now: Present, since: datetime, day: str) -> Difference | None:
    leaf = now.leaf
    if now.created < since - TOLERANCE:
        return Difference(What.INSERTED, leaf.kind, leaf.name, day, leaf.code)
    if leaf.moment and not now.brought_back and read_instant(leaf.moment) < since - TOLERANCE:
        return Difference(What.BACK_DATED, leaf.kind, leaf.name, day, leaf.moment)
    return None


def new_leaves(known: Known, present: Sequence[FileLeaf]) -> tuple[FileLeaf, ...]:
    """Files that came or changed since the last root."""
    return tuple(leaf for leaf in present if leaf.key not in known.files or known.files[leaf.key][0] != leaf)
