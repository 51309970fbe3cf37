"""Who is asked to join the team of a running request; and letters found by the page to which they point."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    # In place, where SQLite can: rows of other tables refer to this one.
    constraint = "CONSTRAINT fk_extension_newcomer_id_person REFERENCES person (id)"
    op.execute(f"ALTER TABLE extension ADD COLUMN newcomer_id INTEGER {constraint}")
    op.create_index("ix_letter_path", "letter", ["path"])


def downgrade() -> None:
    op.drop_index("ix_letter_path", "letter")
    op.execute("ALTER TABLE extension DROP COLUMN newcomer_id")
