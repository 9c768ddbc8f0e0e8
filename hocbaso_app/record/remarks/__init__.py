"""Help for remarks: hints that a teacher may follow or not. Nothing here blocks a record; the rules do that.

Few false alarms come before many findings: a hint that is wrong twice is not read a third time.
"""

from .check import Remark, check_remark, copied_remarks
from .hint import Hint
from .library import completion_texts, suggestions
from .words import Words, load_words

__all__ = ["Hint", "Remark", "Words", "check_remark", "completion_texts", "copied_remarks", "load_words", "suggestions"]
