"""HBS Progress of Units."""
