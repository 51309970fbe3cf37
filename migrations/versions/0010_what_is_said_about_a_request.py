"""What is said about a request while it is on its way, and which earlier one it repeats."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "request_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("staff_only", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_request_note_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_note_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_note")),
        sa.UniqueConstraint("key", name=op.f("uq_request_note_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_request_note_ref")),
    )
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("parts", sa.String(200), nullable=False),
        sa.Column("was_until", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_extension_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_extension_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
        sa.UniqueConstraint("ref", name=op.f("uq_extension_ref")),
    )
    op.create_index(op.f("ix_extension_request_id"), "extension", ["request_id"])
    op.create_table(
        "extension_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension_id"], ["extension.id"], name=op.f("fk_extension_answer_extension_id_extension")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_extension_answer_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_answer")),
        sa.UniqueConstraint("extension_id", "part", name=op.f("uq_extension_answer_extension_id_part")),
    )
    # in place, on SQLite too: rows of other tables refer to this one
    constraint = "CONSTRAINT fk_request_copied_from_id_request REFERENCES request (id)"
    op.execute(f"ALTER TABLE request ADD COLUMN copied_from_id INTEGER {constraint}")
    op.create_index(op.f("ix_request_note_request_id"), "request_note", ["request_id"])


def downgrade() -> None:
    op.execute("ALTER TABLE request DROP COLUMN copied_from_id")
    for table in ("extension_answer", "extension", "request_note"):
        op.drop_table(table)
