"""People, organisations, sign-in and sessions: who is acting."""
