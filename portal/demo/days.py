"""The demo's calendar: day 0 is the day it was made, days before it are its past, each step plays one more.

A stepped day is shown as the real date on which it was played, so that nothing ever lies in the future.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHOP_ZONE = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Calendar:
    """Turns day numbers into dates. ``steps`` holds the real date of each day played so far."""

    start: date
    steps: tuple[date, ...] = ()

    @property
    def now(self) -> int:
        """The last day that has happened."""
        return len(self.steps)

    def on(self, day: int) -> date:
        """The date a day is shown as."""
        if 0 < day <= len(self.steps):
            return self.steps[day - 1]
        return self.start + timedelta(days=day)

    def at(self, day: int, minute: int) -> datetime:
        """A moment in the shop's time. Day 0 and played days happen before two at night: no later."""
        shown = minute // 10 if 0 <= day <= self.now else minute
        return datetime.combine(self.on(day), time(shown // 60, shown % 60, minute % 60), SHOP_ZONE)

    def workday(self, day: int) -> int:
        """The same day, or the next Monday where it is a weekend that lies in the past."""
        ahead = max(0, 7 - self.on(day).weekday()) if self.on(day).weekday() > 4 else 0
        return day + ahead if day + ahead < 0 else day
