"""Signed daily roots: what a unit held at the end of each day, chained, so that nothing can be put in between later."""
