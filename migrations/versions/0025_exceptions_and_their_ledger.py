"""Why an exception is asked for, and the ledger it is judged by, whose entries the database refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

# As for the log: on SQLite a trigger on INSERT as well, for INSERT OR REPLACE slips past one on DELETE.
SQLITE = (
    """CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger_entry: entries are never changed'); END""",
    """CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger_entry: entries are never deleted'); END""",
    """CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_entry
WHEN EXISTS (SELECT 1 FROM ledger_entry
             WHERE id = NEW.id OR (domain = NEW.domain AND (number = NEW.number OR reference = NEW.reference)))
BEGIN SELECT RAISE(ABORT, 'ledger_entry: entries are never replaced'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger_entry: entries are never changed or deleted'; END $$""",
    """CREATE TRIGGER ledger_entry_no_change BEFORE UPDATE OR DELETE ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()""",
    """CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse()""",
    "ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_no_change",
    "ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_no_truncate",
)


def upgrade() -> None:
    # In place, where SQLite can: rows of other tables refer to this one.
    op.execute("ALTER TABLE request ADD COLUMN exception TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE release ADD COLUMN let_by VARCHAR(32) NOT NULL DEFAULT ''")
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("blob", sa.String(40), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("domain", "number", name=op.f("uq_ledger_entry_domain_number")),
        sa.UniqueConstraint("domain", "reference", name=op.f("uq_ledger_entry_domain_reference")),
    )
    op.create_table(
        "ledger_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(40), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_ledger_refusal_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_ledger_refusal_dataset_id_dataset")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_ledger_refusal_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_refusal")),
    )
    op.create_index(op.f("ix_ledger_refusal_organisation_id"), "ledger_refusal", ["organisation_id"])
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("ledger_refusal")
    op.drop_table("ledger_entry")  # its triggers go with it
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_entry_refuse()")
    op.execute("ALTER TABLE release DROP COLUMN let_by")
    op.execute("ALTER TABLE request DROP COLUMN exception")
