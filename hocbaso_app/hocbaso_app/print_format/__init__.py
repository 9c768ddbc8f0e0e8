"""Print formats of this module."""
