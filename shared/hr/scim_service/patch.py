"""PATCH of a user resource, as the standard has it and as connectors really write it.

Entra capitalises operations, writes booleans as text and values as a list of one; it and Okta send
operations without a path, whose value's names may be paths themselves; SailPoint sends the bare
list. Source: RFC 7644, section 3.5.2; "Known issues with SCIM 2.0 protocol compliance", Microsoft.
"""

import copy
from collections.abc import Mapping
from typing import Any

from shared.contracts.api.scim_answers import Json, ScimProblem, ScimRefusal
from shared.hr.scim_service.attributes import READ_ONLY, Attribute, Form
from shared.hr.scim_service.paths import Place, place_of
from shared.hr.scim_service.resource import read_user, read_value
from shared.hr.translation import object_of, part_without_case

MOST_OPERATIONS = 100
_ADD, _REPLACE, _REMOVE = "add", "replace", "remove"


def patched(user: Mapping[str, Any], body: Any) -> Json:
    """Returns the user as a PatchOp leaves it: all of its operations, or none.

    Raises:
        InvalidMessage: an attribute that is kept is not what it should be.
        ScimRefusal: with the standard's word for what is wrong.
    """
    changed = copy.deepcopy(dict(user))
    for operation in _operations(body):
        _apply(changed, object_of(operation, "Operations"))
    return read_user(changed)


def _operations(body: Any) -> list[Any]:
    operations = body
    if not isinstance(body, list):
        operations = part_without_case(object_of(body, "(body)"), "Operations").value
    if not isinstance(operations, list) or not operations:
        raise ScimRefusal(ScimProblem.INVALID_SYNTAX, "Operations: write a list of operations")
    if len(operations) > MOST_OPERATIONS:
        raise ScimRefusal(ScimProblem.TOO_MANY, f"Operations: send at most {MOST_OPERATIONS}")
    return operations


def _apply(user: Json, operation: Mapping[str, Any]) -> None:
    verb = part_without_case(operation, "op").required.lower()
    if verb not in (_ADD, _REPLACE, _REMOVE):
        raise ScimRefusal(ScimProblem.INVALID_SYNTAX, "op: write add, replace or remove")
    path = part_without_case(operation, "path").text
    value = part_without_case(operation, "value").value
    if path is not None:
        _change(user, verb, path, value)
        return
    if verb == _REMOVE:
        raise ScimRefusal(ScimProblem.NO_TARGET, "path: say what is to be removed")
    for name, one in object_of(value, "value").items():
        _change_named(user, verb, name, one)


def _change_named(user: Json, verb: str, name: str, value: Any) -> None:
    """Changes what a value without a path names: an attribute, an extension, or a path to one."""
    if name.lower() in READ_ONLY:
        # Whoever sends the whole resource back sends these along.
        return
    if name.lower().startswith("urn:") and isinstance(value, Mapping):
        for part, one in value.items():
            _change(user, verb, f"{name}:{part}", one)
        return
    _change(user, verb, name, value)


def _change(user: Json, verb: str, path: str, value: Any) -> None:
    place = place_of(path)
    if place is None:
        return
    if place.attribute is None:
        _change_extension(user, verb, place.extension or "", value)
        return
    holder = user
    if place.extension is not None:
        holder = user.setdefault(place.extension, {})
    if place.attribute.several:
        _change_several(holder, verb, place, place.attribute, value)
    elif place.part is not None:
        _set(holder.setdefault(place.attribute.name, {}), verb, place.part, value, path)
    elif place.attribute.form is Form.COMPLEX and verb != _REMOVE:
        before = holder.get(place.attribute.name) or {}
        # Parts that are not named stay as they are: section 3.5.2.3.
        after = read_value(place.attribute, value, path) or {}
        holder[place.attribute.name] = {**before, **after}
    else:
        _set(holder, verb, place.attribute, value, path)
    if place.extension is not None and not holder:
        del user[place.extension]


def _change_extension(user: Json, verb: str, urn: str, value: Any) -> None:
    if verb == _REMOVE:
        user.pop(urn, None)
        return
    for part, one in object_of(value, urn).items():
        _change(user, verb, f"{urn}:{part}", one)


def _set(holder: Json, verb: str, attribute: Attribute, value: Any, path: str) -> None:
    read = None if verb == _REMOVE else read_value(attribute, value, path)
    if read is None:
        holder.pop(attribute.name, None)
    else:
        holder[attribute.name] = read


def _change_several(
    holder: Json, verb: str, place: Place, attribute: Attribute, value: Any
) -> None:
    before: list[Json] = list(holder.get(attribute.name) or [])
    if place.which is None and place.part is None:
        holder[attribute.name] = _listed(verb, attribute, before, value)
        return
    chosen = [one for one in before if _is_chosen(one, place)]
    if verb == _REMOVE:
        for one in chosen:
            if place.part is None:
                before.remove(one)
            else:
                one.pop(place.part.name, None)
    else:
        if not chosen and place.which is not None:
            # Strictly there is no target; Entra writes so to make the first one.
            chosen = [{place.which[0]: place.which[1]}]
            before += chosen
        for one in chosen:
            _fill(one, place, attribute, value)
    holder[attribute.name] = before


def _fill(one: Json, place: Place, attribute: Attribute, value: Any) -> None:
    if place.part is not None:
        _set(one, _REPLACE, place.part, value, attribute.name)
        return
    read = read_value(attribute, value, attribute.name) or [{}]
    one.update(read[0])


def _listed(verb: str, attribute: Attribute, before: list[Json], value: Any) -> list[Json]:
    read: list[Json] = read_value(attribute, value, attribute.name) or []
    if verb == _REPLACE:
        return read
    if verb == _ADD:
        return before + [one for one in read if one not in before]
    # With a value, as Entra removes single ones; without, all of them.
    return [one for one in before if value is not None and one not in read] if read else []


def _is_chosen(one: Mapping[str, Any], place: Place) -> bool:
    if place.which is None:
        return True
    name, wanted = place.which
    found = one.get(name)
    if isinstance(found, str) and isinstance(wanted, str):
        return found.lower() == wanted.lower()
    return bool(found == wanted)
