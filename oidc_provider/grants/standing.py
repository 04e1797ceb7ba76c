"""What a grant depends on, asked at each use: conditions of the statement that uses it.

``given`` is the grant in that statement, and ``%(now)s`` the moment. Nothing of this is kept in the
grant: what ends a session, a person's account or a registration ends what came of it, at once.
"""

PERSON_IS_THERE = """EXISTS (
    SELECT 1 FROM oidc_provider_subjectidentifier AS known
    JOIN accounts_user AS person ON person.id = known.user_id
    WHERE known.id = given.subject_id AND person.is_active AND person.activated_at IS NOT NULL
)"""
# Neither its idle end nor its absolute one has come.
SESSION_LASTS = """EXISTS (
    SELECT 1 FROM accounts_session AS held WHERE held.id = given.session_id
    AND held.expire_date > %(now)s AND held.ends_at > %(now)s
)"""
# Back-Channel Logout, section 2.7: with offline_access it outlives the session, as long as the
# partner is registered for that.
LASTS = f"""({SESSION_LASTS} OR (given.offline AND EXISTS (
    SELECT 1 FROM oidc_provider_relyingparty AS holder
    WHERE holder.id = given.application_id AND holder.scope LIKE '%%offline_access%%'
)))"""  # noqa: S608  (column names of our own)
