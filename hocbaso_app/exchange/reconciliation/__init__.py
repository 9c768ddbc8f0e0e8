"""Should, sent, received: what a school and its authority hold of the same records, compared one by one."""
