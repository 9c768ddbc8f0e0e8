"""HBS Signing Patterns."""
