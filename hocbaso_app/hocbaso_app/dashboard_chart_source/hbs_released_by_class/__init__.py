"""HBS Released by Class."""
