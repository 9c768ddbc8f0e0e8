"""Every kept file is verified again in full, a share of them each night, within a set number of seconds."""
