"""People who work for NC Connect: what each may do is a role's, as in production; none of them may
do everything."""

from tests.actors import EndUser

# Who does what, by the codenames of Django's permissions.
ROLES = {
    "support": [
        "view_user", "change_user",
        "view_identity", "add_identity", "change_identity",
        "view_details", "add_details", "change_details",
        "view_session", "delete_session",
        "view_invitation", "add_invitation",
    ],
    "mails": ["view_outbox", "change_outbox"],
    "partners": [
        "view_relyingparty", "add_relyingparty", "change_relyingparty",
        "view_relyingpartysecret", "delete_relyingpartysecret",
        "view_logoutnotice", "change_logoutnotice",
        "view_signingkey", "view_aliasuse",
    ],
    "auditor": ["view_event"],
    "managers": ["view_group", "add_group", "change_group", "delete_group"],
}  # fmt: skip
EVERY_ROLE = tuple(ROLES)


def agent(person: EndUser, *roles: str) -> EndUser:
    """Make a person's account one of staff, in the groups of these roles, and sign it in."""
    from django.contrib.auth.models import Group, Permission

    person.account = person.has_an_account(is_staff=True)
    for role in roles:
        group, is_new = Group.objects.get_or_create(name=role)
        if is_new:
            given = Permission.objects.filter(codename__in=ROLES[role])
            assert {each.codename for each in given} == set(ROLES[role])
            group.permissions.set(given)
        person.account.groups.add(group)
    person.signs_in()
    return person
