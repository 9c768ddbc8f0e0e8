"""The coordination channel between an authority's site and a school's: bulletins down, reports up.

Only the school's site asks, so a school behind any router is reached; every few minutes it fetches the bulletin
(``taking``; answered by ``bulletins``) and tells how it stands (``telling``; answered by ``reports``). Where both live
on one site there is no channel: everything is read where it is.
"""
