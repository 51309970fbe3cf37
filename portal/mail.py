"""The outbox. A letter is a row that commits with the deed it tells of; the keeper carries it out afterwards."""

from portal.letters.carrier import carry
from portal.letters.keeping import gather, prune
from portal.letters.models import MOST_ATTEMPTS, Attempt, Letter
from portal.letters.writing import compose, write

__all__ = ["MOST_ATTEMPTS", "Attempt", "Letter", "carry", "compose", "gather", "prune", "write"]
