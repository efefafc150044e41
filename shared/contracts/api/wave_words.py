"""Waves in the words that operators read."""

from shared.domain.rollout.document import Count, GroupRing, Ring, Selection, Share


def selection_text(selection: Selection) -> str:
    """Whom a wave picks."""
    match selection:
        case Ring(object_ids):
            return f"a ring of {len(object_ids)}"
        case GroupRing(group_id):
            return f"group {group_id}"
        case Count(people):
            return f"{people:,} people"
        case Share(share):
            return f"{share * 100:g} %"
