"""How many denials of strangers are written down one by one: an attacker must not fill the disk with the log.

A bucket of tokens per process: a burst is kept whole, a flood as one number when it ebbs.
"""

import datetime as dt
import threading

BURST = 1_000
REFILL_PER_SECOND = 0.2


class Flood:
    """Counts what is not written down."""

    def __init__(self, burst: int = BURST, per_second: float = REFILL_PER_SECOND) -> None:
        self._burst, self._per_second = burst, per_second
        self._tokens = float(burst)
        self._last: dt.datetime | None = None
        self._unseen = 0
        self._lock = threading.Lock()

    def take(self, moment: dt.datetime) -> int | None:
        """Ask to write one down: None if not, else how many were not since the last that was.

        >>> flood, noon = Flood(burst=1, per_second=1), dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
        >>> [flood.take(noon), flood.take(noon), flood.take(noon + dt.timedelta(seconds=1))]
        [0, None, 1]
        """
        with self._lock:
            if self._last is not None:
                passed = max(0.0, (moment - self._last).total_seconds())
                self._tokens = min(self._burst, self._tokens + passed * self._per_second)
            self._last = moment
            if self._tokens < 1:
                self._unseen += 1
                return None
            self._tokens -= 1
            unseen, self._unseen = self._unseen, 0
            return unseen
