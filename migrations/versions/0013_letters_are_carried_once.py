"""Letters have states, readers and attempts; people choose how their messages come."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

MOST_ATTEMPTS = 8
KINDS = {
    "password-changed": "security",
    "release_available": "ready",
    "request_active": "progress",
    "request_decided": "progress",
    "request_ended": "ended",
    "request_for_officer": "decision",
    "request_forwarded": "progress",
    "request_offered": "question",
    "request_returned": "question",
    "request_stopped": "ended",
    "request_submitted": "progress",
    "review_due": "review",
    "track_opened": "decision",
}
ADDED = (
    "status", "lock", "person_id", "kind", "path", "allowed", "claimed_until", "doubtful", "fault", "digest_id",
    "pruned_at", "read_at",
)  # fmt: skip


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("status", sa.String(10), nullable=False, server_default="queued"))
        table.add_column(sa.Column("lock", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("kind", sa.String(20), nullable=False, server_default="other"))
        table.add_column(sa.Column("path", sa.String(300), nullable=False, server_default=""))
        table.add_column(sa.Column("allowed", sa.Integer(), nullable=False, server_default=str(MOST_ATTEMPTS)))
        table.add_column(sa.Column("claimed_until", moment, nullable=True))
        table.add_column(sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("fault", sa.String(20), nullable=False, server_default=""))
        table.add_column(sa.Column("digest_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("pruned_at", moment, nullable=True))
        table.add_column(sa.Column("read_at", moment, nullable=True))
        table.create_foreign_key(op.f("fk_letter_person_id_person"), "person", ["person_id"], ["id"])
        table.drop_index(op.f("ix_letter_due_at"))
        table.create_index("ix_letter_status_due_at", ["status", "due_at"])
        table.create_index("ix_letter_person_id", ["person_id"])
    op.create_table(
        "letter_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_letter_attempt_letter_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_attempt")),
        sa.UniqueConstraint("letter_id", "number", name=op.f("uq_letter_attempt_letter_id_number")),
    )
    op.create_table(
        "message_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_message_setting_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_setting")),
        sa.UniqueConstraint("person_id", "kind", name=op.f("uq_message_setting_person_id_kind")),
    )
    _sort_what_was_written()


def _sort_what_was_written() -> None:
    """Give earlier letters their reader, kind, page and state. What was sent long ago counts as read."""
    letter = sa.table(
        "letter", sa.column("id", sa.Integer), sa.column("address", sa.String), sa.column("template", sa.String),
        sa.column("values", sa.JSON), sa.column("attempts", sa.Integer), sa.column("sent_at", sa.DateTime(timezone=True)),
        sa.column("status", sa.String), sa.column("person_id", sa.Integer), sa.column("kind", sa.String),
        sa.column("path", sa.String), sa.column("read_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    person = sa.table("person", sa.column("id", sa.Integer), sa.column("email", sa.String))
    connection = op.get_bind()
    readers = {one.email: one.id for one in connection.execute(sa.select(person.c.id, person.c.email))}
    for one in connection.execute(sa.select(letter)).all():
        values = one._mapping["values"] or {}
        path = values.get("path") or (f"/requests/{values['ref']}" if "ref" in values else "")
        status = "sent" if one.sent_at else "failed" if one.attempts >= MOST_ATTEMPTS else "queued"
        new = {"status": status, "person_id": readers.get(one.address), "path": path, "read_at": one.sent_at}
        new["kind"] = KINDS.get(one.template, "other")
        connection.execute(sa.update(letter).where(letter.c.id == one.id).values(**new))


def downgrade() -> None:
    # what is not to go by mail at once must not go out under the old rules
    op.execute(sa.text("DELETE FROM letter_attempt"))
    op.execute(sa.text("DELETE FROM letter WHERE status IN ('kept', 'gathered', 'bundled') OR template = 'daily_digest'"))
    op.drop_table("message_setting")
    op.drop_table("letter_attempt")
    with op.batch_alter_table("letter") as table:
        table.drop_index("ix_letter_person_id")
        table.drop_index("ix_letter_status_due_at")
        table.drop_constraint(op.f("fk_letter_person_id_person"), type_="foreignkey")
        for name in ADDED:
            table.drop_column(name)
        table.create_index(op.f("ix_letter_due_at"), ["due_at"])
