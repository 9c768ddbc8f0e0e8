"""CRLs and OCSP answers brought in beforehand, so that signing and verifying never wait for a network."""

from .fetch import Outcome, fetch
from .folder import keep, remembered
from .state import AuthorityState, states
from .web import Limits, Web, WebError

__all__ = ["AuthorityState", "Limits", "Outcome", "Web", "WebError", "fetch", "keep", "remembered", "states"]
