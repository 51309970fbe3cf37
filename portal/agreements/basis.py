"""What a data protection officer settles before an agreement is signed. Pure: codes in, what is missing out."""

LEGAL = ("public_task", "legitimate_interests", "research", "consent")
TRANSFER = ("none", "adequacy", "clauses", "international", "derogation")
ROLES = ("independent", "joint", "processor")
UN = "un"
REASONED = frozenset({"international", "derogation"})


def needs_reason(transfer: str, organisation_kind: str) -> bool:
    """Whether the way data travels must be reasoned.

    The GDPR does not bind the bodies of the United Nations directly: whether its chapter V is met is a decision then,
    whatever is ticked. So it is for an exception under article 49.
    """
    return organisation_kind == UN or transfer in REASONED
