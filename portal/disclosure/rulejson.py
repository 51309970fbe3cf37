"""JSON into frozen dataclasses. Strict: an unknown or missing field is refused by its path, never dropped."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from portal.disclosure.refusals import BadInput

T = TypeVar("T")


def read(kind: type[T], text: str) -> T:
    """Read ``text`` as one ``kind``. Raises BadInput with the path of the field that does not fit."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"rule set: not JSON, line {error.lineno}") from error
    return _object(kind, value, "rule set")


def _object(kind: type[T], value: object, path: str) -> T:
    if not isinstance(value, dict):
        raise BadInput(f"{path}: must be an object")
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for name in value:
        if name not in known:
            raise BadInput(f"{path}.{name}: unknown field")
    for name, one in known.items():
        if name not in value and one.default is MISSING and one.default_factory is MISSING:
            raise BadInput(f"{path}.{name}: missing")
    return kind(**{name: _value(hints[name], item, f"{path}.{name}") for name, item in value.items()})


def _value(hint: Any, value: object, path: str) -> Any:  # noqa: ANN401 - a type hint is any type's description
    origin = get_origin(hint)
    if origin is UnionType:
        return _optional(hint, value, path)
    if origin is tuple:
        return _tuple(get_args(hint), value, path)
    if origin is Mapping:
        return _mapping(get_args(hint)[1], value, path)
    if is_dataclass(hint):
        return _object(hint, value, path)  # type: ignore[arg-type]
    return _scalar(hint, value, path)


def _optional(hint: Any, value: object, path: str) -> Any:  # noqa: ANN401 - as above
    if value is None:
        return None
    return _value(next(arg for arg in get_args(hint) if arg is not NoneType), value, path)


def _tuple(args: tuple[Any, ...], value: object, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise BadInput(f"{path}: must be a list")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_value(args[0], item, f"{path}[{at}]") for at, item in enumerate(value))
    if len(value) != len(args):
        raise BadInput(f"{path}: must hold {len(args)} values")
    return tuple(_value(arg, item, f"{path}[{at}]") for at, (arg, item) in enumerate(zip(args, value, strict=True)))


def _mapping(hint: Any, value: object, path: str) -> dict[str, Any]:  # noqa: ANN401 - as above
    if not isinstance(value, dict):
        raise BadInput(f"{path}: must be an object")
    return {name: _value(hint, item, f"{path}.{name}") for name, item in value.items()}


def _scalar(hint: type, value: object, path: str) -> Any:  # noqa: ANN401 - as above
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise BadInput(f"{path}: must be {hint.__name__}")
    return value
