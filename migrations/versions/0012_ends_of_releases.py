"""How releases end: who ended them and why, what was looked at afterwards, and the duties of destruction."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for name, kind in (("cause", sa.String(20)), ("ended_by", sa.String(32)), ("ended_reason", sa.Text())):
        op.add_column("release", sa.Column(name, kind, nullable=False, server_default=""))
    for name in ("ended_at", "destroyed_at"):
        op.add_column("release", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("download", sa.Column("cut", sa.String(20), nullable=False, server_default=""))
    op.execute("UPDATE release SET cause = ended_as WHERE status = 'ended'")
    op.create_table(
        "probe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_probe_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
        sa.UniqueConstraint("release_id", "name", name=op.f("uq_probe_release_id_name")),
    )
    op.create_table(
        "destruction_duty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("told", sa.String(10), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("destroyed_on", sa.Date(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("backups", sa.Text(), nullable=False),
        sa.Column("derivatives", sa.Text(), nullable=False),
        sa.Column("attested_by", sa.Integer(), nullable=True),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_destruction_duty_release_id_release")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_destruction_duty_person_id_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_destruction_duty_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["attested_by"], ["person.id"], name=op.f("fk_destruction_duty_attested_by_person")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_destruction_duty_settled_by_person")),
        sa.ForeignKeyConstraint(["checked_by"], ["person.id"], name=op.f("fk_destruction_duty_checked_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_duty")),
        sa.UniqueConstraint("ref", name=op.f("uq_destruction_duty_ref")),
        sa.UniqueConstraint("release_id", "person_id", name=op.f("uq_destruction_duty_release_id_person_id")),
    )


def downgrade() -> None:
    op.drop_table("destruction_duty")
    op.drop_table("probe")
    op.drop_column("download", "cut")
    for name in ("destroyed_at", "ended_reason", "ended_by", "ended_at", "cause"):
        op.drop_column("release", name)
