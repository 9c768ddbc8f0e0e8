"""A made-up school, its certificate authority and the whole path on one machine. Made-up people only."""
