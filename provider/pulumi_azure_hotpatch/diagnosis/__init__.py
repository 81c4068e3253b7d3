"""Why does it not work here? One check a line: what was found, and what to do about it. Nothing is changed.

Checks go from the machine outwards – programs, configuration, endpoint, clock, sign-in, subscription, registrations,
permissions – and one that needs an earlier one that failed is `unknown`, not wrong.
"""

from __future__ import annotations
