"""The keys of the made-up school, in memory only."""

from __future__ import annotations

from dataclasses import dataclass

from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.slots import Slot, Stage

from .ca import DemoCA
from .school import School


@dataclass(frozen=True)
class KeyRing:
    """A key per person by citizen id, and the school's seal."""

    persons: dict[str, LocalKey]
    seal: LocalKey

    @classmethod
    def make(cls, ca: DemoCA, school: School) -> KeyRing:
        """Certificates for everybody who signs."""
        persons = {p.citizen_id: ca.person(p.name, p.citizen_id) for p in school.staff}
        return cls(persons, ca.organisation(school.name, school.tax_code))

    def key_for(self, slot: Slot) -> LocalKey:
        """Of the person (or school) named in the signed data; ``KeyError`` for a stranger."""
        if slot.stage is Stage.RELEASE:
            return self.seal
        return self.persons[slot.signer_citizen_id or ""]
