"""Who signs which part of an HBS, with which key, and what a signature is worth."""
