"""Reports that stay as they were (QĐ Điều 6.e, 11.k1, 12.k2): figures counted once, hashed, sealed, sent up, shown."""

from hocbaso_app.services.frozen.sending import note_received, take, to_send

__all__ = ["note_received", "take", "to_send"]
