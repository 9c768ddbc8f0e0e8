"""HBS Revocation Data."""
