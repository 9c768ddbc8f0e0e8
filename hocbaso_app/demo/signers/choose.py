"""``hocbaso sandbox --signer NAME``: the one list of simulators."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from hocbaso_app.demo.folder import DemoError

# name -> the module whose serve(port, faults) runs until Ctrl-C and whose PORT is taken when none is named
MODULES = {
    "vgca": ".vgca",
    "csc": ".csc",
    "csc2": ".csc2",
    "smartca": ".smartca",
    "mysign": ".mysign",
    "tsa": ".tsa",
}


def serve(signer: str, port: int | None, faults: Sequence[str]) -> None:
    """Run a simulator on loopback until interrupted; :class:`DemoError` for an unknown one."""
    module = MODULES.get(signer)
    if module is None:
        known = ", ".join(MODULES)
        raise DemoError("UNKNOWN_SIGNER", f"Không có dịch vụ ký “{signer}”. Có: {known}.", f"known signers: {known}")
    simulator = import_module(module, __package__)
    simulator.serve(simulator.PORT if port is None else port, faults)
