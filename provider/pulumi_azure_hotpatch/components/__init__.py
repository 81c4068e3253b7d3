"""Several resources under one name."""

from .hotpatch_ready import HotpatchReady
from .schedule_args import ScheduleArgs

__all__ = ["HotpatchReady", "ScheduleArgs"]
