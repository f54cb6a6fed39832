"""Schedules as cron writes them. Pure: the time is given, and so is the time zone.

Like Debian's cron, a time of day that the change to summer time skips is made up for when the clocks have moved, and
one that comes twice in autumn fires once; a schedule with `*` as its hour follows the real hours.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from antiphon.core.names import Moment

_SOME_TIME = datetime(2024, 1, 1, tzinfo=UTC)
_FIELDS = 5  # minute, hour, day of month, month, day of week
_LATEST_YEAR = 9900  # a search looks 50 years ahead, and years end with 9999


def next_fire(cron: str, zone: tzinfo, after: Moment) -> Moment | None:
    """The first time after `after` that the schedule names in a time zone, in UTC; None when it names none.

    Raises:
        ValueError: it is no schedule; the message says why.
    """
    if after.year > _LATEST_YEAR:
        return None
    if len(cron.split()) != _FIELDS:
        raise ValueError("a schedule has five fields: minute, hour, day of month, month, day of week")
    try:
        found = next(CronSim(cron, after.astimezone(zone)), None)
    except CronSimError as error:
        raise ValueError(_said(cron.split(), str(error))) from None
    if found is None:
        return None
    moment = found.astimezone(UTC)
    return moment if moment > after else next_fire(cron, zone, after + timedelta(minutes=1))


def _said(fields: list[str], error: str) -> str:
    """What is wrong with a schedule: a field, or days that the months do not have."""
    if fields[3] != "*":
        try:
            CronSim(" ".join((*fields[:3], "*", fields[4])), _SOME_TIME)
        except CronSimError:
            pass
        else:
            return f"{error.lower()}, or it never fires since no such month has such a day"
    return error.lower()


def unfit_cron(cron: str) -> str | None:
    """Why a schedule cannot be used, or None."""
    try:
        fires = next_fire(cron, UTC, _SOME_TIME)
    except ValueError as error:
        return str(error)
    return None if fires else "it never fires: there is no such date"
