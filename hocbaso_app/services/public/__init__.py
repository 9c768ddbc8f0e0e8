"""What anyone may ask a site of the authority without an account (QĐ Đ4.k6): a code, a file, a class's summary book."""
