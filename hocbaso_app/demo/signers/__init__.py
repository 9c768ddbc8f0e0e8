"""Signing and time-stamping services that behave like the real ones, for demo, tests and ``hocbaso sandbox``."""
