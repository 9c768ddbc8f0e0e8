"""HBS Unsent Records."""
