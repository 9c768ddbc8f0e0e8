"""Sources of the desk's charts."""
