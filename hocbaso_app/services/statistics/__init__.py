"""Levels, results, promotion and rewards counted: by school, class, grade, gender, ethnic group (QĐ Điều 6 e, 7 e)."""
