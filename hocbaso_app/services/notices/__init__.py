"""Notices and tasks: written and sent, arriving, read and done, reminded of."""
