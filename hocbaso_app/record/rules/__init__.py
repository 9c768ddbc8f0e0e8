"""Rules of TT 27/2020 and of the regulation, for desk, command line and receiving side alike.

The numbers stand in ``packs/*.json`` (a version and a start date each); the
modules here say what is done with them.
"""

from .check import check
from .fault import Blocks, Fault
from .overall import overall_result
from .pack import RulePack, load_pack
from .sheet import sheet_faults

__all__ = ["Blocks", "Fault", "RulePack", "check", "load_pack", "overall_result", "sheet_faults"]
