"""Emergencies, and the answers they need."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "emergency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("years", sa.JSON(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("needed_for", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("reminded_at", moment, nullable=True),
        sa.Column("granted_at", moment, nullable=True),
        sa.Column("ends_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("review_due_at", moment, nullable=True),
        sa.Column("review_reminded_at", moment, nullable=True),
        sa.Column("reviewed_at", moment, nullable=True),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_emergency_requester_id_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_emergency_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_emergency_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_emergency_dataset_id_dataset")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_emergency_reviewed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
        sa.UniqueConstraint("ref", name=op.f("uq_emergency_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_emergency_number")),
    )
    for column in ("requester_id", "organisation_id", "dataset_id"):
        op.create_index(op.f(f"ix_emergency_{column}"), "emergency", [column])
    op.create_table(
        "emergency_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("emergency_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("for_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["emergency_id"], ["emergency.id"], name=op.f("fk_emergency_part_emergency_id_emergency")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_emergency_part_person_id_person")),
        sa.ForeignKeyConstraint(["for_id"], ["person.id"], name=op.f("fk_emergency_part_for_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_part")),
        sa.UniqueConstraint("ref", name=op.f("uq_emergency_part_ref")),
        sa.UniqueConstraint("emergency_id", "office", name=op.f("uq_emergency_part_emergency_id_office")),
    )


def downgrade() -> None:
    op.drop_table("emergency_part")
    op.drop_table("emergency")
