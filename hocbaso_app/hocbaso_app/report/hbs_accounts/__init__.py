"""HBS Accounts."""
