"""What was made, and what its teachers are to enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import School, SchoolClass
from hocbaso_app.services import convert


@dataclass
class World:
    """What was made, by the names that Frappe gave. ``pins``: citizen id or school code → PIN of the demo key."""

    school: School
    unit: str
    staff: dict[str, str]
    users: dict[str, str]
    classes: dict[str, str]
    pins: dict[str, str]

    def user_of(self, person: Person) -> str:
        """The login of a person."""
        return self.users[person.citizen_id]


def values_of(world: World, school_class: SchoolClass) -> list[Any]:
    """What the teachers will enter, pupil by pupil."""
    from hocbaso_app.demo.school import record_for

    now = convert.now()
    return [record_for(world.school, school_class, p, created_at=now, released_at=now) for p in school_class.pupils]
