"""Vietnam's digital primary-school record (học bạ số, HBS)."""

__version__ = "0.1.0"
