"""From city to office to school to class: how many records stand where, and which ones (QĐ Điều 6, Điều 7)."""
