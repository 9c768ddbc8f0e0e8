"""HBS Received per Day."""
