"""How a record looks: the official form as HTML and PDF, marks, QR codes, and the sealed summary in them.

This folder (ours, WeasyPrint, no Frappe) and Frappe's ``print_format`` folder
of the module differ by one letter. Start at :func:`.pdf.render`.
"""
