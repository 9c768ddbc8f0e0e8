"""Tests on a real site that belong to no single DocType; those of the framework-free core are in the root's tests/."""
