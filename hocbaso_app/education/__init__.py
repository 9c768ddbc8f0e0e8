"""Reads pupils, classes, teachers and marks out of ERPNext Education."""
