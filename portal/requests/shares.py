"""What an organisation co-owns of what a request asks for. It is frozen with the scope."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Share:
    """A co-owner's code (:mod:`portal.catalogue.owners`), and its variables among those asked for."""

    owner: str
    variables: tuple[str, ...]

    def __post_init__(self) -> None:
        """Sort, so that equal shares are equal bytes."""
        object.__setattr__(self, "variables", tuple(sorted(set(self.variables))))

    def content(self) -> dict[str, Any]:
        """Return the share as plain JSON values."""
        return {"owner": self.owner, "variables": list(self.variables)}
