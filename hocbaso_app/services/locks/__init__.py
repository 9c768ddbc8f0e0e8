"""Locks (QĐ Điều 8.k1, Điều 11, Điều 12.k4): who has closed what until when, who may, and the narrow ways through.

What closes a record, the strictest first:

1. the year lock: the principal's signed decision. Nothing but an approved recall opens a record of that year;
2. windows of the department, then of offices, then of the school. What a higher unit closed, no lower one opens;
3. within one unit, a closed period counts before an open one; outside its open periods a unit is closed.

Two things go through: an unlock ticket, granted for some hours by who closed or by a higher unit (never through a year
lock), and the correction of a record whose recall was approved. After release sending and receipts go on.
"""

from hocbaso_app.services.locks import windows
from hocbaso_app.services.locks.gate import require_open, require_open_all, sentence, state_of

__all__ = ["require_open", "require_open_all", "sentence", "state_of", "windows"]
