"""Signing on the desk: prepare, take the values in, put them into the files, and tell how far it is.

``prepare``, ``values`` and the ways to a key (``ways``: which one; ``asking``: keys that the server reaches and phones;
``browser``: a program on the signer's computer; ``continued``: the rest another way) belong to the signer's own request;
``run``, and the look for a phone's answer, to any worker at any time.
"""
