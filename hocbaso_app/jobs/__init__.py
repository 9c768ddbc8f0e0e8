"""Background work that wakes services; the only place that enqueues."""
