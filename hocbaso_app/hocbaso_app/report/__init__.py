"""Script Reports; each reads its rows from services."""
