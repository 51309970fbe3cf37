"""Which organisation co-owns which variables, and the track on which it decides."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "coownership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_coownership_dataset_id_dataset")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_coownership_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_coownership_recorded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coownership")),
        sa.UniqueConstraint("ref", name=op.f("uq_coownership_ref")),
    )
    op.create_index(op.f("ix_coownership_dataset_id"), "coownership", ["dataset_id"])
    op.create_index(op.f("ix_coownership_organisation_id"), "coownership", ["organisation_id"])
    # In place, where SQLite can: rows of other tables refer to this one.
    constraint = "CONSTRAINT fk_track_owner_id_organisation REFERENCES organisation (id)"
    op.execute(f"ALTER TABLE track ADD COLUMN owner_id INTEGER {constraint}")
    op.create_index(op.f("ix_track_owner_id"), "track", ["owner_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_track_owner_id"), "track")
    op.execute("ALTER TABLE track DROP COLUMN owner_id")
    op.drop_table("coownership")
