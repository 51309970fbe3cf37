"""``python -m portal``: set up, run, demonstrate."""

from portal.cli import main

main()
