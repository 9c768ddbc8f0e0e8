"""HBS Results by Subject."""
