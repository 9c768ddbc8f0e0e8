"""The demo's made-up school on a practice site: its people, classes, keys, portal. Start at :func:`.school.build`."""
