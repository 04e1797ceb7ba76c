"""The modules that guard an account or a token, and where the tests of each are."""

PEOPLE = ("tests/accounts", "tests/journeys")
TOKENS = ("tests/spec/test_each_condition_alone.py", "tests/spec/rfc6749", "tests/spec/rfc7009")
CHECKS = ("tests/spec/core/test_each_check_alone.py", "tests/spec/core", "tests/spec/form_post")
PROGRAMS = "tests/oidc_provider/test_programs.py"
LOGOUT = ("tests/spec/rp_initiated_logout/test_2",)

# What may be asked to kill: the nearest first, and then whatever reaches the line.
MODULES = {
    "accounts/flows/activation.py": PEOPLE,
    "accounts/flows/sign_up.py": ("tests/accounts/test_signing_up.py",),
    "accounts/flows/sign_in.py": ("tests/accounts/test_signing_in.py",),
    "accounts/flows/password_reset.py": PEOPLE,
    "accounts/flows/reset_request.py": PEOPLE,
    "accounts/flows/password_change.py": PEOPLE,
    "accounts/flows/credentials.py": PEOPLE,
    "accounts/flows/suspension.py": PEOPLE,
    "accounts/links.py": PEOPLE,
    "accounts/browser.py": ("tests/accounts/test_browser_cookies.py",),
    "accounts/devices/known.py": ("tests/accounts/test_devices.py",),
    "accounts/flows/confirmation.py": ("tests/accounts/test_confirmation.py",),
    "accounts/authentication.py": PEOPLE,
    "accounts/sessions.py": ("tests/accounts/test_sessions.py",),
    "accounts/passwords.py": (
        "tests/accounts/test_passwords.py",
        "tests/accounts/test_dear_forms.py",
    ),
    "ncconnect/ratelimit/__init__.py": ("tests/ncconnect/test_ratelimit.py",),
    "ncconnect/mail/delivery.py": ("tests/ncconnect/test_mail_delivery.py",),
    "oidc_provider/authorize/checks.py": CHECKS,
    "oidc_provider/authorize/interaction.py": (
        "tests/oidc_provider/test_interaction.py",
        "tests/journeys/test_form_at_once.py",
        "tests/spec/core",
    ),
    "oidc_provider/authorize/pending.py": (
        "tests/oidc_provider/test_pending.py",
        "tests/spec/core/test_3_1_2_1_size.py",
        "tests/oidc_provider/test_consent.py",
        "tests/journeys/test_form_at_once.py",
        "tests/spec/core",
    ),
    "oidc_provider/grants/lifecycle.py": (
        "tests/oidc_provider/test_purge.py",
        "tests/oidc_provider/test_first_sign_in.py",
        "tests/spec/registration/test_client_metadata.py",
        "tests/spec/rfc6749/test_token_endpoint.py",
        "tests/oidc_provider/test_withdrawing.py",
    ),
    "oidc_provider/grants/redemption.py": ("tests/spec/rfc7636", *TOKENS),
    "oidc_provider/grants/bearer.py": ("tests/oidc_provider/test_bearer.py", *TOKENS),
    "oidc_provider/token/endpoint.py": (PROGRAMS, "tests/spec/fetch", *TOKENS),
    "oidc_provider/token/dot.py": TOKENS,
    "oidc_provider/grants/exchange.py": (
        "tests/spec/rfc6749/test_6_refresh.py",
        "tests/spec/rfc6749/test_6_ends.py",
        "tests/spec/core/test_5_3_userinfo.py",
        "tests/spec/rfc6749/test_one_transaction.py",
        "tests/oidc_provider/test_claims_released.py",
        "tests/spec/rfc7636",
        "tests/ncconnect/test_every_event.py",
    ),
    "oidc_provider/grants/refusal.py": (
        "tests/spec/rfc6749/test_causes.py",
        "tests/spec/rfc7636",
        "tests/ncconnect/test_every_event.py",
        "tests/spec/rfc6749",
    ),
    "oidc_provider/partners/client_authentication.py": (
        "tests/spec/rfc6749/test_token_endpoint.py",
        "tests/spec/rfc7523",
    ),
    "oidc_provider/partners/client_assertions.py": ("tests/spec/rfc7523",),
    "oidc_provider/resources/userinfo.py": (
        PROGRAMS,
        "tests/spec/fetch",
        "tests/spec/core/test_5_3",
        *TOKENS,
    ),
    "oidc_provider/resources/introspection.py": (PROGRAMS, "tests/spec/rfc7662", *TOKENS),
    "oidc_provider/keys/keyring.py": ("tests/oidc_provider/test_keys.py",),
    "oidc_provider/logout/request.py": LOGOUT,
    "oidc_provider/logout/views.py": LOGOUT,
    "oidc_provider/logout/notices.py": (
        "tests/oidc_provider/test_backchannel_delivery.py",
        "tests/spec/backchannel_logout",
    ),
}
FAST = "not servers and not browser and not clients and not slow"
# Where people and partners are met. What checks texts, pages, files and the house itself is left
# out: it takes long, and what it would kill here is not what it protects.
TESTS = (
    *(f"tests/accounts/test_{name}.py" for name in (
        "activating", "browser_cookies", "closure", "confirmation", "credentials", "dear_forms",
        "devices", "links",
        "new_passwords", "one_after_the_other", "pages", "passwords", "purge",
        "reset_request", "session_administration", "sessions", "signing_in", "signing_up",
        "suspension", "two_people_one_address",
    )),
    *(f"tests/journeys/test_{name}.py" for name in (
        "activation", "code_at_once", "crowded_network", "form_at_once", "guessing", "invitation",
        "language_of_mails", "passwords", "sign_in", "sign_in_twice", "sign_up", "signed_in",
        "two_tabs", "typed_passwords",
    )),
    *(f"tests/ncconnect/test_{name}.py" for name in (
        "backoff", "commits", "every_event", "every_limit", "mail_delivery", "mail_outbox",
        "ratelimit",
    )),
    *(f"tests/oidc_provider/test_{name}.py" for name in (
        "backchannel_delivery", "bearer", "claims_released", "client_failures", "consent",
        "first_sign_in", "interaction", "keys", "partner_goes", "partner_keys", "pending",
        "programs", "purge", "relying_parties", "rotation", "withdrawing",
    )),
    *(f"tests/spec/{name}" for name in (
        "backchannel_logout", "core", "fetch", "form_post", "registration/test_client_metadata.py",
        "rfc6749", "rfc7009", "rfc7523", "rfc7636", "rfc7662", "rfc8252", "rp_initiated_logout",
        "test_each_condition_alone.py",
    )),
)  # fmt: skip
