"""One test per module of the OpenID Foundation's conformance suite, named after it.

Our reading of what each module does and asserts, its warnings included; not a certification. Each
test runs twice: inside this process, where every page is inspected as well, and against running
processes behind a TLS front. `clients/` are the static clients that the suite itself needs.
"""
