"""Inspection (QĐ Điều 6.d, 6.e, 7.e): who may read whose records by decision, samples that anybody can draw again."""
