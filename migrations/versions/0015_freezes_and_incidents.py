"""What is frozen and since when, its probes; incidents with their record. Nothing of it is ever deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
KEPT = ("freeze", "freeze_probe", "incident", "incident_entry", "incident_release")
SQLITE = (
    *(
        f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table}: nothing of it is ever deleted'); END"""
        for table in KEPT
    ),
    """CREATE TRIGGER incident_entry_no_update BEFORE UPDATE ON incident_entry
BEGIN SELECT RAISE(ABORT, 'incident_entry: a line is never changed'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION incident_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%: nothing of it is ever changed or deleted', TG_TABLE_NAME; END $$""",
    *(
        # quoted: "freeze" is a word of PostgreSQL's own
        f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION incident_refuse()'
        for table in KEPT
    ),
    "CREATE TRIGGER incident_entry_no_update BEFORE UPDATE ON incident_entry "
    "FOR EACH ROW EXECUTE FUNCTION incident_refuse()",
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "freeze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.String(32), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("standing", sa.String(64), nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("incident", sa.String(32), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_as", sa.String(20), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("affected", sa.JSON(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_as", sa.String(20), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=True),
        sa.Column("proposed_why", sa.Text(), nullable=False),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_freeze_set_by_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_freeze_proposed_by_person")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_freeze_lifted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freeze")),
        sa.UniqueConstraint("ref", name=op.f("uq_freeze_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_freeze_number")),
        sa.UniqueConstraint("standing", name=op.f("uq_freeze_standing")),
    )
    op.create_index(op.f("ix_freeze_target"), "freeze", ["target"])
    op.create_table(
        "freeze_probe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("freeze_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("still_open", sa.Integer(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("alarmed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["freeze_id"], ["freeze.id"], name=op.f("fk_freeze_probe_freeze_id_freeze")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freeze_probe")),
        sa.UniqueConstraint("freeze_id", "path", name=op.f("uq_freeze_probe_freeze_id_path")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=True),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("reported_by", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("aware_at", MOMENT, nullable=False),
        sa.Column("risk", sa.String(10), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("late_because", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("notified_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_incident_reported_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_incident_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_incident_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("ref", name=op.f("uq_incident_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    op.create_index(op.f("ix_incident_reported_by"), "incident", ["reported_by"])
    op.create_index(op.f("ix_incident_organisation_id"), "incident", ["organisation_id"])
    op.create_table(
        "incident_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_entry_incident_id_incident")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_incident_entry_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
    )
    op.create_index(op.f("ix_incident_entry_incident_id"), "incident_entry", ["incident_id"])
    op.create_table(
        "incident_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_release_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_incident_release_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_release")),
        sa.UniqueConstraint("incident_id", "release_id", name=op.f("uq_incident_release_incident_id_release_id")),
    )


    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION incident_refuse() CASCADE")
    for table in ("incident_release", "incident_entry", "incident", "freeze_probe", "freeze"):
        op.drop_table(table)
