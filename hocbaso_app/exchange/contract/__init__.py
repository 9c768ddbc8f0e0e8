"""The portal's contract, written down from the code that fulfils it: schemas, examples, OpenAPI, test vectors' index.

Framework-free and made anew by ``make docs``; a test fails when ``docs/api`` is not what the code says.
"""
