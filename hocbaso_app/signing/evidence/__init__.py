"""Evidence that a file existed at a time, kept for decades: Merkle trees and evidence records (RFC 4998, RFC 6283)."""
