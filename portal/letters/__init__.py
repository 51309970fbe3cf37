"""Letters: their words, their states, the line to the mail server, and the carrier. Others use :mod:`portal.mail`."""
