"""HBS Open Faults."""
