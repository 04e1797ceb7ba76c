"""Signing out at a partner's request (OpenID Connect RP-Initiated Logout 1.0).

``request`` reads and validates, ``views`` asks the person or acts: never both in one place.
"""
