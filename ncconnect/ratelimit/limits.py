"""Every limit of the service: how many, in how long, counted by what.

A network is an IPv4 address or an IPv6 /64. Mobile operators and public access points put many
people behind one address: the ceilings of a network are high, and the tight limits are counted
by something narrower.
"""

from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Limit:
    """At most ``number`` hits in ``window`` seconds, for each value of ``counted_by``."""

    number: int
    window: int
    counted_by: str
    meaning: str


@dataclass(frozen=True)
class Backoff:
    """After ``free`` failures in a row, wait ``first`` seconds, twice as long each time, up to
    ``longest``; the failures are forgotten ``memory`` seconds after the last one."""

    free: int
    first: int
    longest: int
    memory: int
    counted_by: str
    meaning: str


BACKOFFS = {
    "captcha_failed": Backoff(
        3, 30, 15 * MINUTE, HOUR, "browser and network", "Wrong answers to the captcha in a row."
    ),
}

LIMITS = {
    # Signing in
    "sign_in": Limit(
        10, 15 * MINUTE, "address and place", "Tries; a captcha buys further ones beyond it."
    ),
    "sign_in_captcha": Limit(10, HOUR, "address and place", "Further tries that a captcha buys."),
    "sign_in_account": Limit(
        50,  # and those being hashed at that moment
        HOUR,
        "address",
        "Failures from anywhere; then each try asks for a captcha, but on known devices.",
    ),
    "sign_in_network": Limit(
        100, 15 * MINUTE, "network", "Failures, whatever the address; known devices go on."
    ),
    "forms": Limit(
        600, 15 * MINUTE, "network", "Forms sent, right or wrong, but those of the sign-in page."
    ),
    "sign_in_crowd": Limit(
        400, 15 * MINUTE, "network", "The same; beyond it, a captcha buys nothing."
    ),
    # Signing up and activating
    "sign_up": Limit(
        10, HOUR, "network", "Sign-ups whose mail leaves at once; those of further ones are paced."
    ),
    "sign_up_day": Limit(30, DAY, "network", "The same, in a day."),
    "sign_up_site": Limit(40, HOUR, "IPv6 /48", "The same, over its networks."),
    "sign_up_site_day": Limit(120, DAY, "IPv6 /48", "The same, in a day."),
    "sign_up_most": Limit(2000, DAY, "network", "Sign-up forms, their mail paced or not."),
    "sign_up_mail": Limit(3, HOUR, "mailbox", "Mails that a sign-up sends."),
    "resend_pause": Limit(1, MINUTE, "mailbox", "« Renvoyer l’e-mail », the pause between two."),
    "resend_day": Limit(5, DAY, "mailbox", "« Renvoyer l’e-mail », in a day."),
    "resend_network": Limit(20, HOUR, "network", "« Renvoyer l’e-mail », whatever the address."),
    "activation_password": Limit(10, HOUR, "link", "Passwords tried on an activation link."),
    # Forgotten and changed passwords
    "reset_mail": Limit(
        3, HOUR, "mailbox and place", "Requests for a link to choose a new password."
    ),
    "reset_address": Limit(
        12, HOUR, "mailbox", "The same from anywhere but known devices, whoever asks."
    ),
    "reset_network": Limit(60, HOUR, "network", "The same, whatever the address."),
    "current_password": Limit(10, 15 * MINUTE, "account", "Wrong current passwords, signed in."),
    # « Confirmez que c’est vous »
    "confirmation": Limit(
        10, 15 * MINUTE, "account and session", "Wrong passwords of somebody signed in already."
    ),
    "confirmation_account": Limit(30, HOUR, "account", "The same, over all of its sessions."),
    # The captcha
    "captcha_shown": Limit(
        30, HOUR, "network", "Tests shown, whatever for; beyond, one more is asked in a row."
    ),
    "captcha_shown_day": Limit(100, DAY, "network", "The same, in a day."),
    "captcha_shown_site": Limit(120, HOUR, "IPv6 /48", "The same, over its networks."),
    "captcha_shown_site_day": Limit(400, DAY, "IPv6 /48", "The same, in a day."),
    "captcha_answer": Limit(
        300, HOUR, "network", "Answers judged: each writes a row; beyond, they wait."
    ),
    "captcha_sound": Limit(5, HOUR, "network", "Tests by sound, which a machine hears well."),
    "captcha_image": Limit(120, MINUTE, "network", "Sheets of pictures drawn."),
    "captcha_audio": Limit(60, MINUTE, "network", "Sounds fetched, whole or in parts."),
    # Partners
    "client_authentication": Limit(
        100,
        15 * MINUTE,
        "partner and network",
        "Failures of a partner's own authentication; right credentials go on.",
    ),
    "partner_keys": Limit(10, MINUTE, "partner", "Requests that we send to a `jwks_uri`."),
    # The rest
    "csp_report": Limit(60, HOUR, "network", "Reports of the Content Security Policy."),
}
