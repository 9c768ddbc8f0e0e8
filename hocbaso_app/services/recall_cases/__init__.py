"""Recalls at the authority (QĐ Điều 12.k3.3): what it sees, asks and decides, and by when."""
