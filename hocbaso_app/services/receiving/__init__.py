"""This site as the authority that receives: the core's receiving half over DocTypes (CV 2088, QĐ Điều 12.k2.2)."""
