"""HBS Signing Progress."""
