"""What in the signing looks like one person signing for many: facts with a weight, told to the principal first."""
