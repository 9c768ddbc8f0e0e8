"""Proof beside released and received files: made each night with one timestamp for all, renewed before it ends."""
