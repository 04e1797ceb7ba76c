"""A demonstration partner of NC Connect: a small tax site on Flask and Authlib.

The package imports nothing of NC Connect. It knows its provider by one address, ``ISSUER``, and
learns the rest from the discovery document.
"""
