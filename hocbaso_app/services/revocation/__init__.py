"""CRLs and OCSP answers of this site: fetched by a job, aged on a report, missed in time."""
