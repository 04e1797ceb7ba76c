"""Signing out, at a partner's request and for partners.

RP-Initiated Logout 1.0: ``request`` reads and validates, ``views`` asks the person or acts: never
both in one place. Back-Channel Logout 1.0: ``notices`` tells the partners of a session that ended.
"""
