"""The database's own refusal to change an event, for when somebody comes around the application.

On SQLite INSERT OR REPLACE slips past a DELETE trigger unless `recursive_triggers` is on; hence the trigger
on INSERT, which needs no pragma. On PostgreSQL ALWAYS holds even for a session that poses as a replica.
"""

_SQLITE = (
    """CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event: events are never changed'); END""",
    """CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event: events are never deleted'); END""",
    """CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON audit_event
WHEN EXISTS (SELECT 1 FROM audit_event
             WHERE (log_id = NEW.log_id AND leaf_index = NEW.leaf_index) OR event_id = NEW.event_id)
BEGIN SELECT RAISE(ABORT, 'audit_event: events are never replaced'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_event: events are never changed or deleted'; END $$""",
    """CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()""",
    """CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()""",
    "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_no_change",
    "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_no_truncate",
)


def protect_events(dialect: str) -> tuple[str, ...]:
    """Give the statements that make `audit_event` refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE.

    Raises KeyError for a database other than sqlite and postgresql.
    """
    return {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[dialect]
