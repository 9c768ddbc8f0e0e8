"""What stands behind the commands of :mod:`hocbaso_app.cli`."""
