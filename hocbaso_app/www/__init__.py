"""Pages of the parents' portal."""
