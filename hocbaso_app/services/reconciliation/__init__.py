"""Should, sent, received: compared with the authority, told to those who act, and mended after a restored backup."""
