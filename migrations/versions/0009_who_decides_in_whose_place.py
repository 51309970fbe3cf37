"""Deputies, replacements, silence, what was taken on with an approval, and requests that were split."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "deputyship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_deputyship_manager_id_person")),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_deputyship_deputy_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputyship")),
        sa.UniqueConstraint("ref", name=op.f("uq_deputyship_ref")),
    )
    op.create_index(op.f("ix_deputyship_manager_id"), "deputyship", ["manager_id"])
    op.create_index(op.f("ix_deputyship_deputy_id"), "deputyship", ["deputy_id"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_assignment_track_id_track")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id_person")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_assignment_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("ref", name=op.f("uq_assignment_ref")),
    )
    op.create_index(op.f("ix_assignment_track_id"), "assignment", ["track_id"])
    op.create_table(
        "recusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_recusal_track_id_track")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recusal_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
        sa.UniqueConstraint("track_id", "person_id", name=op.f("uq_recusal_track_id_person_id")),
    )
    op.create_table(
        "obligation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_obligation_request_id_request")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_obligation_decision_id_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("ref", name=op.f("uq_obligation_ref")),
        sa.UniqueConstraint("decision_id", "position", name=op.f("uq_obligation_decision_id_position")),
    )
    op.create_index(op.f("ix_obligation_request_id"), "obligation", ["request_id"])
    op.add_column("track", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("track", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("decision", sa.Column("terms", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("decision", sa.Column("capacity", sa.String(length=20), nullable=False, server_default=""))
    _add_reference("decision", "for_person_id", "person")
    _add_reference("request", "split_from_id", "request")
    op.create_index(op.f("ix_request_split_from_id"), "request", ["split_from_id"])


def _add_reference(table: str, column: str, to: str) -> None:
    """Add a column that refers to another table, where SQLite can: in place, as rows of others refer to this table."""
    constraint = f"CONSTRAINT fk_{table}_{column}_{to} REFERENCES {to} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER {constraint}")


def downgrade() -> None:
    op.drop_index(op.f("ix_request_split_from_id"), table_name="request")
    gone = {
        "request": ("split_from_id",),
        "decision": ("for_person_id", "capacity", "terms"),
        "track": ("escalated_at", "reminded_at"),
    }
    for table, columns in gone.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for name in ("obligation", "recusal", "assignment", "deputyship"):
        op.drop_table(name)
