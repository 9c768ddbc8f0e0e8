"""The receiving half of CV 2088: takes in, verifies, answers record by record, recalls, registers certificates.

It knows neither where its books lie (:class:`~.books.Books`) nor who serves it:
the sandbox keeps SQLite files, a site of the department keeps DocTypes.
"""
