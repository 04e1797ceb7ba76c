"""The authorization endpoint.

``request`` reads the parameters into a frozen value. ``checks`` says what is wrong with it: shown
on a page of ours when the partner or its redirect_uri is not sure, sent back to it otherwise.
``interaction`` decides what the person must still do. ``pending`` carries the request meanwhile,
signed and dated, so that a visitor costs no row and no session. ``response`` answers the partner.
``views`` joins them; each page that the person is sent to comes back to the same request.
"""
