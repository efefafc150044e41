"""Where a membership is written: of whoever owes a write it is known, or no writer takes them."""

from dataclasses import replace

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import Person
from shared.domain.person.policy import Topology


def with_source(current: Enrolment, person: Person, topology: Topology) -> Enrolment:
    """Returns somebody with where their membership is written, filled in where it is not known.

    Whoever was kept out, refused or unidentified before anything was asked for has none: nothing
    was to be written. Others can put them into the group all the same.
    """
    if current.source_of_authority is not None:
        return current
    return replace(current, source_of_authority=topology.writer_of(synced=person.synced))
