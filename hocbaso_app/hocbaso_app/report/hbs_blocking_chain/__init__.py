"""HBS Blocking Chain."""
