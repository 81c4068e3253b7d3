"""Replicas of the service that answer reads in turn, some of them a little behind."""

from __future__ import annotations

from datetime import datetime

from .routing import Call


def reading_instant(call: Call) -> datetime:
    """Return the instant whose state this read shows: now, or earlier when a replica that lags has its turn."""
    settings = call.world.settings
    turn = call.world.reads
    call.world.reads += 1
    replica = (call.simulator.identifiers.seed + turn) % max(1, settings.replicas)
    return call.now if replica == 0 else call.now - settings.replica_lag
