"""``python -m portal.disclosure``: measure, protect, attack and tabulate files of records without the portal."""

import sys

from portal.disclosure.cli import main

if __name__ == "__main__":
    sys.exit(main())
