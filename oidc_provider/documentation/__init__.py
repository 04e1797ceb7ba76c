"""The documentation for partners, as pages of the site.

What the code knows (claims, codes, addresses, lives of tokens) is read from the code; the prose is
one template a page and a language, in templates/oidc_provider/documentation/.
"""
