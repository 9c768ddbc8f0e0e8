"""Daily roots on a site: made at the end of each day, compared the next, sent to the authority, kept there."""
