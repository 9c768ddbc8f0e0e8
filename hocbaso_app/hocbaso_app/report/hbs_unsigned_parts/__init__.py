"""HBS Unsigned Parts."""
