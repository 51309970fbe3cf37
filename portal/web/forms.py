"""One validator for forms and JSON: a marshmallow schema that refuses unknown fields and ends in a frozen value.

The library's own sentences are English; the reader's are found here.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from flask import request
from flask_babel import gettext, lazy_gettext
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from werkzeug.datastructures import MultiDict

from portal import i18n
from portal.errors import Invalid, TooLarge

IGNORED = frozenset({"csrf_token"})
SHOWN = 20
MOST = 2000  # fields and list entries together: more than any page of the portal sends
SAID = {
    "Missing data for required field.": lazy_gettext("Please fill this in."),
    "Field may not be null.": lazy_gettext("Please fill this in."),
    "Unknown field.": lazy_gettext("The portal does not know this field."),
    "Invalid input type.": lazy_gettext("This could not be read."),
    "Not a valid string.": lazy_gettext("This could not be read."),
    "Not a valid integer.": lazy_gettext("Give a whole number."),
    "Not a valid number.": lazy_gettext("Give a number."),
    "Not a valid boolean.": lazy_gettext("Say yes or no."),
    "Not a valid date.": lazy_gettext("Give a date as year-month-day, for example 2026-12-31."),
    "Not a valid email address.": lazy_gettext("This is not an e-mail address."),
}

# Sentences with figures of the schema in them, by how they begin.
BEGUN = {
    "Longer than maximum length": lazy_gettext("This is too long."),
    "Shorter than minimum length": lazy_gettext("This is too short."),
    "Length must be": lazy_gettext("This does not have the right length."),
    "Must be one of": lazy_gettext("Choose from the list."),
    "Must be greater": lazy_gettext("This number is outside what is allowed."),
    "Must be less": lazy_gettext("This number is outside what is allowed."),
    "String does not match": lazy_gettext("This could not be read."),
    "Invalid": lazy_gettext("This could not be read."),
    "Not a valid": lazy_gettext("This could not be read."),
}

PLEASE, LONG = lazy_gettext("Please fill this in."), lazy_gettext("This is too long.")
MOST_CODE = 40  # characters: six digits, and the blanks that people put between them

Errors = Mapping[str, list[str]]  # reasons by field
Typed = Mapping[str, str]  # what was typed, by field


class Form(Schema):
    """A schema for input: every field it does not know is an error. It ends in the frozen value ``into`` names."""

    into: ClassVar[type[Any] | None] = None

    class Meta:
        unknown = RAISE

    @post_load
    def freeze(self, data: dict[str, Any], **_more: object) -> Any:  # noqa: ANN401 -- each schema has its own
        """End in the frozen value that the form stands for."""
        return data if self.into is None else self.into(**data)


def code_field(*, required: bool = True) -> fields.String:
    """Return a field for a one-time code; where none is required, the deed itself judges what was left empty."""
    if required:
        return fields.String(required=True, validate=validate.Length(min=1, max=MOST_CODE, error=PLEASE))
    return fields.String(load_default="", validate=validate.Length(max=MOST_CODE, error=LONG))


def zone_field() -> fields.String:
    """Return a field for a time zone that this machine knows."""
    return fields.String(required=True, validate=_zone)


def _zone(name: str) -> None:
    if not i18n.is_zone(name):
        raise ValidationError(str(gettext("Choose a time zone from the list.")))


def read(schema: Form) -> Any:  # noqa: ANN401 -- each schema ends in its own frozen value
    """Validate the request's form or JSON body.

    Raises Invalid with the reasons per field.
    """
    return _load(schema, _json() if request.is_json else plain(request.form, schema))


def read_query(schema: Form) -> Any:  # noqa: ANN401 -- as above
    """Validate what stands behind the question mark of the address.

    Raises Invalid with the reasons per field.
    """
    return _load(schema, plain(request.args, schema))


def _load(schema: Form, raw: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if any(not _is_text(said) for said in _all_said(raw)):
        raise Invalid({"_schema": [gettext("This could not be read.")]})
    try:
        return schema.load(raw)
    except ValidationError as error:
        raise Invalid(flatten(_messages(error))) from None


def _all_said(raw: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in raw.items():
        yield name
        yield from value if isinstance(value, list) else (value,)


def _is_text(said: Any) -> bool:  # noqa: ANN401 -- whatever JSON holds
    """Whether a database and a page can hold it: no zero byte, no half of a character."""
    return not isinstance(said, str) or ("\0" not in said and not any("\ud800" <= sign <= "\udfff" for sign in said))


def _json() -> dict[str, Any]:
    """Read a JSON object. A key that is given twice is refused: two readers would disagree on its value."""
    try:
        found = json.loads(request.get_data(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Invalid({"_schema": [gettext("This is not JSON.")]}) from error
    if not isinstance(found, dict):
        raise Invalid({"_schema": [gettext("This could not be read.")]})
    if sum(1 for _ in _all_said(found)) > MOST:
        raise TooLarge(f"json: more than {MOST} fields and entries")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1][:SHOWN]
    if twice:
        told = [gettext("This was sent more than once.")]
        raise Invalid({key if _is_text(key) else "_schema": told for key in twice})
    return dict(pairs)


def _messages(error: ValidationError) -> dict[str, Any]:
    return error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}


def plain(form: MultiDict[str, str], schema: Form) -> dict[str, Any]:
    """Return the form as a dict: lists where the schema wants lists, single stripped values elsewhere.

    A field sent twice where one is wanted is refused by name. A field whose metadata says ``verbatim`` is left
    as it was typed, blanks and all.
    """
    lists = {name for name, field in schema.fields.items() if field.metadata.get("many")}
    twice = [name for name in form if name not in lists | IGNORED and len(form.getlist(name)) > 1]
    if twice:
        raise Invalid({name: [gettext("This was sent more than once.")] for name in twice})
    verbatim = {name for name, field in schema.fields.items() if field.metadata.get("verbatim")}
    single = {name: form[name] for name in form if name not in lists | IGNORED}
    bare = {name: value if name in verbatim else value.strip() for name, value in single.items()}
    return bare | {name: form.getlist(name) for name in lists}


def flatten(messages: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Return marshmallow's nested messages as one list of reasons per field name."""
    flat: dict[str, list[str]] = {}
    for name, message in messages.items():
        key = f"{prefix}{name}"
        if isinstance(message, Mapping):
            flat |= flatten({str(inner): text for inner, text in message.items()}, f"{key}.")
        else:
            said = message if isinstance(message, list) else [message]  # a lazy sentence comes without a list
            flat[key] = [_in_words(text) for text in said]
    return flat


def _in_words(text: Any) -> str:  # noqa: ANN401 -- a string or a lazy one
    begun = (said for beginning, said in BEGUN.items() if str(text).startswith(beginning))
    return str(SAID.get(str(text)) or next(begun, text))
