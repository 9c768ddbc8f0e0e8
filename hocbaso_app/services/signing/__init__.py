"""Signing on the desk: prepare, take the values in, put them into the files, and tell how far it is.

``prepare`` and ``values`` belong to the signer's own request; ``run`` to any worker at any time.
"""
