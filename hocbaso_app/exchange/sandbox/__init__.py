"""A sandbox of the city portal for demo, tests and other vendors: it really verifies what it gets.

Nothing it says has legal value. Addresses, error codes, receipts and look-up
page are ours where the annex of CV 2088 is missing.
"""
