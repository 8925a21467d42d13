"""Which contact is which account. Strong to weak: UPN, mail, alias, number with name; a name alone only suggests."""

from svc_linkers.rule import SamenessRule


def _rule(name: str, contact_key: str, identity_key: str, confidence: float, **more: object) -> SamenessRule:
    return SamenessRule(
        id=f"same_person_{name}",
        version=1,
        relation="same_person",
        left="contact",
        left_key=contact_key,
        right="identity",
        right_key=identity_key,
        confidence=confidence,
        **more,  # type: ignore[arg-type]
    )


BY_UPN = _rule("upn", "email", "upn", 0.98)
BY_MAIL = _rule("mail", "email", "mail", 0.97)
BY_ALIAS = _rule("alias", "email", "alias", 0.93)
BY_PHONE_AND_NAME = _rule("phone_name", "phone", "phone", 0.85, agree=("person_name",))
BY_NAME = _rule("name", "person_name", "person_name", 0.40, candidate_only=True)


def _accounts(name: str, one_key: str, other_key: str, confidence: float) -> SamenessRule:
    """Two directories know one person. Accounts of one directory are never compared: who has two of them means it so."""
    return SamenessRule(
        id=f"same_person_accounts_{name}",
        version=1,
        relation="same_person",
        left="identity",
        left_key=one_key,
        right="identity",
        right_key=other_key,
        confidence=confidence,
    )


ACCOUNTS_BY_MAIL = _accounts("mail", "mail", "mail", 0.97)
ACCOUNTS_BY_ALIAS = _accounts("alias", "mail", "alias", 0.93)
