"""Units by date: who stood under whom, under which name, and how that changes by decision (QĐ Điều 1.k2)."""
