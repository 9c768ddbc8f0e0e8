"""How complete and right a school's data are: unit, staff, assignments, certificates, pupils (QĐ Điều 7 b)."""
