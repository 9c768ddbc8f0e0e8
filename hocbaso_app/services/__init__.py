"""The use cases. The only place that changes a record's state; controllers, api and jobs come here."""
