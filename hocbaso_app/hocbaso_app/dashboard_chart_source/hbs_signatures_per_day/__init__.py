"""HBS Signatures per Day."""
