"""Several resources under one name."""

from .hotpatch_ready import HotpatchReady, ScheduleArgs

__all__ = ["HotpatchReady", "ScheduleArgs"]
