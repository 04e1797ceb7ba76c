"""Every event of the audit trail, with what it means. Nothing else is ever recorded."""

# Counted and logged like them, and no row of the trail: a stranger, or a partner that asks silently
# each minute, makes as many as they like (docs/decisions: what is a row of the trail).
LINES = {
    "authorization_refused": "An authorization request was answered by an error.",
}

EVENTS = {
    # The account
    "sign_up": "An account was asked for; it waits for its activation.",
    "sign_up_known_address": "Somebody signed up with the address of an existing account.",
    "invitation_sent": "A link to sign up without the captcha was mailed.",
    "invitation_used": "An account was asked for by such a link.",
    "account_activated": "The mailbox was proved and the account opened.",
    "activation_refused": "A wrong password was given on an activation link.",
    "account_created": "An account was created by a command or by staff.",
    "account_suspended": "Staff closed an account.",
    "account_restored": "Staff opened a suspended account again.",
    "account_deleted": "An account was deleted, with its sessions and its partners' tokens.",
    "account_purged": "An account never activated was removed.",
    # Signing in and out
    "sign_in": "A person signed in.",
    "sign_in_failed": "A sign-in was refused: no such address and password.",
    "sign_in_refused": "The password was right; the account is suspended, waits, or just changed.",
    "sign_in_limited": "A sign-in was not tried: too many failures.",
    "sign_out": "A person signed out.",
    "session_ended": "A session was ended by something else than signing out.",
    # The password
    "password_reset_requested": "A link to choose a new password was asked for and sent.",
    "password_reset": "A password was chosen through a mailed link.",
    "password_changed": "A signed-in person changed their password.",
    "password_change_refused": "A signed-in person gave a wrong current password.",
    # « Mon compte »
    "confirmed": "A signed-in person gave their password again, before an act that asks for it.",
    "confirmation_refused": "A signed-in person gave a wrong password where it was asked again.",
    "device_forgotten": "A person took back that a browser is known to be theirs.",
    "event_denied": "A person said of an event of theirs that it was not their doing.",
    # Partners
    "partner_registered": "A partner was registered.",
    "partner_changed": "The registration of a partner was changed.",
    "partner_suspended": "Staff closed a partner.",
    "subjects_imported": "Subject identifiers of a former provider were imported.",
    "consent_given": "A person agreed to share claims with a partner.",
    "consent_refused": "A person refused to share claims with a partner.",
    "consent_withdrawn": "A person took their agreement back.",
    "code_reused": "A code was presented a second time; what the first one gave is revoked.",
    "token_issued": "A code was redeemed.",
    "claims_released": "Userinfo told a partner claims of a person, the first time or other ones.",
    "token_refused": "A token request was refused.",
    "token_refreshed": "A refresh token was rotated.",
    "refresh_token_reused": "A rotated refresh token came back; its family is revoked.",
    "token_revoked": "Tokens were revoked.",
    "client_authentication_failed": "A partner gave wrong credentials.",
    "end_session": "A partner asked to end the session.",
    "logout_given_up": "A partner did not take the notice of a session that ended.",
    # The service
    "signing_key_created": "A signing key was made.",
    "signing_key_rotated": "Another signing key signs from now on.",
    "mail_given_up": "A mail could not be delivered for a whole day.",
    "sent_again": "Staff put a mail or a notice that was given up back in the queue.",
    "group_changed": "Staff made, changed or deleted a group, or who may do what in it.",
    "staff_change": "Staff changed a record in the administration site.",
}
