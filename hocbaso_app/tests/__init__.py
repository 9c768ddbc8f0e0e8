"""Tests on a real site that belong to no single DocType; those of the framework-free core are in the root's tests/."""

NO_TEST_RECORDS = [
    "Academic Year",
    "Course",
    "DocType",
    "HBS Certificate",
    "HBS Record",
    "HBS Record Version",
    "HBS Signing Batch",
    "HBS Staff Member",
    "HBS Subject",
    "HBS Unit",
    "Instructor",
    "Student",
    "Student Group",
    "User",
]
"""Linked DocTypes for which Frappe's runner must not make records of its own: our world makes what it needs."""
