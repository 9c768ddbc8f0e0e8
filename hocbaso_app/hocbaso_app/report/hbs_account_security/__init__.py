"""HBS Account Security."""
