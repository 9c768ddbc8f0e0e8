"""HBS Records by State."""
