"""``python -m portal.disclosure``: measure, protect and attack table files without the portal."""

import sys

from portal.disclosure.cli import main

if __name__ == "__main__":
    sys.exit(main())
