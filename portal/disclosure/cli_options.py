"""Options as the command line takes them. What is said twice, or says nothing, is refused and never half taken."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Parser(argparse.ArgumentParser):
    """A parser that takes every option once and by its whole name; ``given`` holds those that were named."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 -- argparse's own
        super().__init__(**how, allow_abbrev=False)
        self.register("action", None, _Once)
        self.register("action", "store_true", _Flag)


class _Once(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 -- argparse's own
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        named: frozenset[str] = getattr(namespace, "given", frozenset())
        if self.dest in named:
            raise argparse.ArgumentError(self, "is given twice")
        namespace.given = named | {self.dest}
        setattr(namespace, self.dest, self.value(values, option_string))

    def value(self, values: object, _option: str | None) -> object:
        """What the option sets."""
        return values


class _Flag(_Once):
    def __init__(self, **how: Any) -> None:  # noqa: ANN401 -- argparse's own
        super().__init__(**how, nargs=0)

    def value(self, _values: object, _option: str | None) -> object:
        return True


class EitherWay(_Once):
    """``--name`` and ``--no-name``; None where neither is given."""

    def __init__(self, option_strings: Sequence[str], **how: Any) -> None:  # noqa: ANN401 -- argparse's own
        both = [*option_strings, *("--no-" + one.removeprefix("--") for one in option_strings)]
        super().__init__(both, **how, nargs=0)

    def value(self, _values: object, option: str | None) -> object:
        """Whether it was not said with "no"."""
        return not str(option).startswith("--no-")


def names(given: str) -> list[str]:
    """Column names by commas, each once."""
    found = [name.strip() for name in given.split(",")]
    if "" in found:
        raise argparse.ArgumentTypeError("a column has no name; give names by commas, such as age,region")
    _once(found)
    return found


def weights(given: str) -> dict[str, float]:
    """``a=3,b=1`` as numbers by column."""
    parts = [part.rpartition("=") for part in given.split(",")]
    found = [name.strip() for name, _, _ in parts]
    try:
        numbers = [float(weight) for _, _, weight in parts]
    except ValueError as error:
        raise _by_column() from error
    if "" in found:
        raise _by_column()
    _once(found)
    return dict(zip(found, numbers, strict=True))


def _by_column() -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError("give numbers by column, such as age=3,region=1")


def _once(found: Sequence[str]) -> None:
    for name in found:
        if found.count(name) > 1:
            raise argparse.ArgumentTypeError(f"{name} is named twice")


def assigned(given: str) -> tuple[str, Path]:
    """``column=file``."""
    name, _, path = given.partition("=")
    if not name or not path:
        raise argparse.ArgumentTypeError("give a column and a file, such as age=age_hierarchy.csv")
    return name, Path(path)


def share(given: str) -> float:
    """A number from 0 to 1."""
    try:
        found = float(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must lie in 0..1") from error
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError("must lie in 0..1")
    return found
