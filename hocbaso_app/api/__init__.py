"""Whitelisted endpoints; thin: they check types and call services."""
