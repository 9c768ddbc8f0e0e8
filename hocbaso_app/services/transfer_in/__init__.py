"""Records of other schools that a pupil brings along (QĐ Đ4.k5): handed in, verified here, kept, put into his history.

Nothing of it needs the school the pupil comes from: the file proves itself, the registry
names its seal, the authority's receipt and status list say whether it is in force.
"""
