"""Deliberate breakages, one at a time: `python -m tests.mutants --breakages`.

What cosmic-ray does not make: a condition that is gone, in a statement of SQL or of Python. Each
must fail a test. The former text must be in its file exactly once, or the list is out of date
(tests/architecture/test_breakages.py).
"""

import ast
from dataclasses import dataclass

from tests.mutants.tree import TREE
from tests.mutants.trial import Trial

LINKS = (
    "tests/accounts/test_activating.py",
    "tests/accounts/test_links.py",
    "tests/accounts/test_two_people_one_address.py",
    "tests/journeys/test_activation.py",
    "tests/journeys/test_passwords.py",
    "tests/accounts/test_suspension.py",
)
SIGN_IN = (
    "tests/accounts/test_sessions.py",
    "tests/journeys/test_sign_in.py",
    "tests/journeys/test_signed_in.py",
    "tests/accounts/test_session_administration.py",
    "tests/accounts/test_credentials.py",
)
LIMITED = ("tests/ncconnect/test_every_limit.py",)
TOLD = ("tests/ncconnect/test_every_event.py",)
TOKENS = (
    "tests/spec/test_each_condition_alone.py",
    "tests/spec/rfc6749",
    "tests/spec/rfc7009",
    "tests/spec/rfc7662",
)
QUESTIONS = ("tests/oidc_provider/test_pending.py", "tests/oidc_provider/test_interaction.py")
CONSENT = (
    "tests/oidc_provider/test_withdrawing.py",
    "tests/oidc_provider/test_consent.py",
    "tests/spec/test_each_condition_alone.py",
)
ASSERTIONS = ("tests/spec/rfc7523",)
LOGOUT = ("tests/spec/rp_initiated_logout", "tests/spec/backchannel_logout")


@dataclass(frozen=True)
class Breakage:
    """``what`` goes wrong for whom; ``before`` becomes ``after`` in ``file``."""

    what: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


def _of(file: str, tests: tuple[str, ...], *lines: tuple[str, str, str]) -> list[Breakage]:
    return [Breakage(what, file, before, after, tests) for what, before, after in lines]


BREAKAGES = [
    *_of(
        "accounts/flows/activation.py",
        LINKS,
        (
            "any browser that signed up opens a stranger's link without the password",
            "return link.attempt in attempts",
            "return bool(attempts)",
        ),
        (
            "an activation leaves the other attempts' passwords",
            'OneTimeLink.objects.filter(user=user).update(password="")',
            "pass",
        ),
        (
            "an activation leaves the other links alive",
            "    links.supersede(user=user)\n",
            "",
        ),
    ),
    *_of(
        "accounts/links.py",
        LINKS,
        ("a link never expires", "if link.expires_at <= timezone.now():", "if False:"),
        (
            "a superseded link works",
            "if link.superseded_at or _went_elsewhere(link):",
            "if _went_elsewhere(link):",
        ),
        (
            "a link to a former address works",
            "if link.superseded_at or _went_elsewhere(link):",
            "if link.superseded_at:",
        ),
        ("a used link works again", "if link.used_at:", "if False:"),
        (
            "a link is used up twice",
            "if not alive().filter(pk=link.pk).update(",
            "if not OneTimeLink.objects.filter(pk=link.pk).update(",
        ),
        (
            "a suspended person is sent a link for a new password",
            "User.objects.locked(email=email, is_active=True)",
            "User.objects.locked(email=email)",
        ),
        (
            "a request from before the new password still gets a link",
            "user.password_changed_at > asked_at or ",
            "",
        ),
    ),
    *_of(
        "accounts/flows/credentials.py",
        (*LINKS, *SIGN_IN),
        (
            "a suspension or a new password leaves mailed links",
            "    links.supersede(user=user)\n",
            "",
        ),
        (
            "a suspension or a new password leaves sessions",
            "    sessions.end_all(user, reason=reason, keep=keep, actor=actor)\n",
            "",
        ),
        (
            "a suspension or a new password leaves grants",
            "    credentials_revoked.send(sender=User, user=user)\n",
            "",
        ),
    ),
    *_of(
        "accounts/flows/password_reset.py",
        ("tests/accounts/test_credentials.py", *LINKS),
        (
            "a suspended account gets a new password by its link",
            "User.objects.locked(pk=link.user_id, is_active=True)",
            "User.objects.locked(pk=link.user_id)",
        ),
        (
            "a reset ends nothing of what the former password opened",
            '        credentials.end_all(user, reason="password_changed")\n',
            "",
        ),
    ),
    *_of(
        "accounts/flows/password_change.py",
        (*SIGN_IN, "tests/journeys/test_passwords.py"),
        (
            "a change in flight overwrites the owner's reset",
            ", password_changed_at=user.password_changed_at\n",
            "\n",
        ),
    ),
    *_of(
        "accounts/browser.py",
        ("tests/accounts/test_browser_cookies.py", *SIGN_IN, *LIMITED),
        (
            "any mark is taken for a known device",
            "if _mark(email) not in _marks(request):",
            "if not _marks(request):",
        ),
    ),
    *_of(
        "accounts/devices/known.py",
        ("tests/accounts/test_devices.py", *SIGN_IN, *LIMITED),
        (
            "a device of anybody is a known one",
            "known.user_id = person.id AND ",
            "",
        ),
        ("the secret of a device's handle is not compared", "known.digest = %s", "%s IS NOT NULL"),
        ("a device stays known for ever", "known.last_at > %s", "%s IS NOT NULL"),
    ),
    *_of(
        "accounts/sessions.py",
        SIGN_IN,
        (
            "the session's password hash is not compared",
            "data[HASH_SESSION_KEY] = bytes(record.credentials).hex()",
            "data[HASH_SESSION_KEY] = record.user.get_session_auth_hash()",
        ),
        (
            "the secret of a session's cookie is not compared",
            "held.session_key = %s",
            "%s IS NOT NULL",
        ),
        ("a session has no idle end", "held.expire_date > %s", "%s IS NOT NULL"),
        ("a session has no absolute end", "held.ends_at > %s", "%s IS NOT NULL"),
    ),
    *_of(
        "accounts/authentication.py",
        (*SIGN_IN, "tests/accounts/test_suspension.py"),
        (
            "a suspended person stays signed in",
            "return user.is_active and user.is_activated",
            "return user.is_activated",
        ),
    ),
    *_of(
        "accounts/flows/sign_in.py",
        (*SIGN_IN, *TOLD, *LIMITED),
        ("a sign-in leaves no record", 'audit.record("sign_in", user=user, **facts)', "pass"),
        (
            "a failed sign-in leaves no record",
            'audit.record("sign_in_failed", user=user, **facts)',
            "pass",
        ),
        ("a suspended person signs in", "    if not user.is_active:\n", "    if False:\n"),
        (
            "failures on an address are not counted",
            "        ratelimit.hit(*counters.account)\n",
            "",
        ),
        ("failures of a network are not counted", "        ratelimit.hit(*counters.network)\n", ""),
    ),
    *_of(
        "accounts/flows/reset_request.py",
        LIMITED,
        ("resets have no limit", "    if wait:\n", "    if False:\n"),
        ("a mailbox's resets are not counted", '("reset_mail", counted, device or network), ', ""),
    ),
    *_of(
        "accounts/flows/sign_up.py",
        (*LIMITED, "tests/journeys/test_sign_up.py"),
        ("« already registered » mails have no limit", "if not mail.allowed:", "if False:"),
        (
            "resends have no limit",
            "    if wait:\n        return wait\n",
            "",
        ),
    ),
    *_of(
        "oidc_provider/resources/introspection.py",
        ("tests/spec/rfc7662", *TOKENS[:1]),
        ("a revoked grant is told as active", "AND given.revoked_at IS NULL\n", "\n"),
        ("a suspended person's token is told as active", "person.is_active AND ", ""),
        (
            "a revoked access token is told as active",
            "if outlived is not None and not outlived:",
            "if False:",
        ),
        (
            "a partner learns of another's token",
            "AND given.application_id = %(partner)s",
            "AND %(partner)s IS NOT NULL",
        ),
        ("a token of an ended session is told as active", "AND {standing.LASTS}", ""),
    ),
    *_of(
        "oidc_provider/resources/userinfo.py",
        (
            "tests/spec/core/test_5_3_userinfo.py",
            "tests/spec/core/test_5_3_moments.py",
            *TOKENS[:1],
        ),
        ("userinfo serves a suspended partner", "partner.is_active AND ", ""),
        ("userinfo serves about a suspended person", "person.is_active AND ", ""),
        ("userinfo serves a revoked grant", "AND given.revoked_at IS NULL\n", "\n"),
        (
            "userinfo serves a revoked access token",
            "    AND (given.access_revoked_at IS NULL OR given.access_revoked_at < %(moment)s)\n",
            "    AND %(moment)s IS NOT NULL\n",
        ),
        (
            "userinfo gives what was taken from the registration",
            "_names(token, scope, claims) & table.names_for(registered.split())",
            "_names(token, scope, claims)",
        ),
    ),
    *_of(
        "oidc_provider/grants/standing.py",
        TOKENS,
        ("an idle session's tokens go on", "held.expire_date > %(now)s AND ", ""),
        ("a session's tokens outlive its absolute end", " AND held.ends_at > %(now)s", ""),
        ("a suspended person's grants go on", "person.is_active AND ", ""),
        (
            "a lost registration for offline_access counts on",
            " AND holder.scope LIKE '%%offline_access%%'",
            "",
        ),
    ),
    *_of(
        "oidc_provider/grants/redemption.py",
        TOKENS,
        (
            "a code is redeemed twice",  # two locks: what it was bound to is gone, and it is used
            (
                ", binding = %(nothing)s\nWHERE id = %(id)s AND application_id = %(partner)s AND "
                "code = %(code)s AND binding = %(binding)s\n    AND consumed_at IS NULL AND"
            ),
            (
                "\nWHERE id = %(id)s AND application_id = %(partner)s AND "
                "code = %(code)s AND binding = %(binding)s AND %(nothing)s IS NOT NULL\n    AND"
            ),
        ),
        (
            "a code of a revoked grant is redeemed",
            "consumed_at IS NULL AND revoked_at IS NULL",
            "consumed_at IS NULL",
        ),
        ("a code never expires", " AND expires > %(now)s\n", "\n"),
        (
            "a code is redeemed by another partner",
            "application_id = %(partner)s AND code = %(code)s",
            "%(partner)s IS NOT NULL AND code = %(code)s",
        ),
        ("a code needs no secret", "AND code = %(code)s", "AND %(code)s IS NOT NULL"),
        (
            "a code is bound to no address and no challenge",
            "AND binding = %(binding)s",
            "AND %(binding)s IS NOT NULL",
        ),
        (
            "a code of an ended session is redeemed",
            "AND {standing.SESSION_LASTS} AND {standing.PERSON_IS_THERE}",
            "AND {standing.PERSON_IS_THERE}",
        ),
        ("a refresh token has no end", "if token.moment <= now:", "if False:"),
    ),
    *_of(
        "oidc_provider/grants/consents.py",
        CONSENT,
        (
            "withdrawing from one partner ends what all hold",
            "Grant.objects.filter(subject__user=user, application=partner)",
            "Grant.objects.filter(subject__user=user)",
        ),
        (
            "withdrawing at one partner forgets all agreements",
            "Consent.objects.filter(user=user, relying_party=partner).delete()",
            "Consent.objects.filter(user=user).delete()",
        ),
        (
            "« always » asks once",
            "if scope is None or (always and agreed_at < authentication.at):",
            "if scope is None:",
        ),
    ),
    *_of(
        "oidc_provider/authorize/pending.py",
        QUESTIONS,
        (
            "a question never expires",
            "return age > settings.AUTHORIZATION_REQUEST_TIME",
            "return False",
        ),
    ),
    *_of(
        "oidc_provider/token/endpoint.py",
        ("tests/spec/rfc6749/test_one_transaction.py", *TOKENS),
        (
            "the token endpoint has no transaction",
            "with transaction.atomic() if uses_up else nullcontext():",
            "with nullcontext():",
        ),
        (
            "a partner revokes another's token",
            "Grant.objects.filter(pk=token.grant_id, application=relying_party)",
            "Grant.objects.filter(pk=token.grant_id)",
        ),
    ),
    *_of(
        "oidc_provider/partners/client_assertions.py",
        ASSERTIONS,
        ("an assertion is used twice", "    _use_up(partner, claims)\n", ""),
        (
            "an assertion for another server is good here",
            '    _check_audience(claims.get("aud"), _audiences(called))\n',
            "",
        ),
        ("an assertion of another partner is good", "    _check_parties(partner, claims)\n", ""),
        ("an assertion never expires", "    if expires < now - SKEW:\n", "    if False:\n"),
    ),
    *_of(
        "oidc_provider/listeners.py",
        (*LOGOUT, *TOKENS),
        (
            "a sign-out leaves the session's tokens",
            "    end(grants)\n",
            "",
        ),
        ("a sign-out tells no partner", "    notices.write(visits.visited(ids))\n", ""),
    ),
    *_of(
        "oidc_provider/logout/request.py",
        LOGOUT,
        (
            "a stranger's link signs people out",
            "return not self.is_of(current.session_id)",
            "return not self.hint",
        ),
        (
            "a sign-out leads to any address",
            "if not is_among(self.redirect_uri, partner.post_logout_redirect_uris, partner):",
            "if False:",
        ),
    ),
]


def broken(breakage: Breakage, source: str) -> str:
    """The changed source. ValueError: the text is not there exactly once."""
    if source.count(breakage.before) != 1:
        raise ValueError(f"{breakage.file} holds it {source.count(breakage.before)} times")
    return source.replace(breakage.before, breakage.after)


def _at_import(source: str, text: str) -> bool:
    """Does the text stand outside of every function?"""
    line = source[: source.index(text)].count("\n") + 1 + text.startswith("\n")
    return not any(
        node.body[0].lineno <= line <= node.end_lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    )


def run(trial: Trial) -> int:
    """Try them all. Returns how many no test sees."""
    unseen = 0
    for breakage in BREAKAGES:
        source = (TREE / breakage.file).read_text()
        whole = _at_import(source, breakage.before)
        answer = trial.shown(
            breakage.file, broken(breakage, source), list(breakage.tests), at_import=whole
        )
        unseen += answer["outcome"] == "survived"
        print(
            f"{answer['outcome']}: {breakage.what} ({answer.get('by', breakage.file)})", flush=True
        )
    print(f"{len(BREAKAGES)} breakages, {unseen} that no test sees")
    return unseen
