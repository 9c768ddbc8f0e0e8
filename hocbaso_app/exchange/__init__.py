"""How records travel: packages and transactions of CV 2088, outbox, client, receipts, and a sandbox of the portal."""
