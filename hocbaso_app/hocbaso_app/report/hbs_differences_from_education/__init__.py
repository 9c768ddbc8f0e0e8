"""HBS Differences from Education."""
