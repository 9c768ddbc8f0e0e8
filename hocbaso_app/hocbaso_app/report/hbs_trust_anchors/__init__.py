"""HBS Trust Anchors."""
