"""A dry run of a school's signing days: every signer is tried beforehand, so that nobody stands before a closed key."""
