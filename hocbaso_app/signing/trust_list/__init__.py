"""The department's sealed list of anchors: which roots count, for what, from when until when, and who decided it."""

from .changes import add, first, withdraw
from .listing import KINDS, KINDS_VI, Change, ListedAnchor, TrustList
from .rules import check_list, is_test_anchor

__all__ = [
    "KINDS",
    "KINDS_VI",
    "Change",
    "ListedAnchor",
    "TrustList",
    "add",
    "check_list",
    "first",
    "is_test_anchor",
    "withdraw",
]
