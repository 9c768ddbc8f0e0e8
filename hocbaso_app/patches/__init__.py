"""Changes to data of earlier versions, in the order of patches.txt."""
