"""Signing on the desk: prepare, take the values in, put them into the files, and tell how far it is.

To the signer's own request belong ``prepare``, ``values`` and the ways to a key: ``ways`` (which one), ``asking`` (keys
that the server reaches, phones), ``browser`` (a program on his computer), ``continued`` (the rest another way). ``run``
and the look for a phone's answer belong to any worker at any time.
"""
