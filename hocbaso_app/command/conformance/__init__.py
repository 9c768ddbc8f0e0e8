"""``hocbaso conformance``: does a portal, anybody's, do what CV 2088 and the contract in ``docs/api`` say?"""
