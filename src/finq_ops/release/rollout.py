"""Makes published versions live: migrations, probes, a part of the traffic, all of it; back at the first alarm."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from finq_ops.release.aliases import Alarms, Aliases, Route
from finq_ops.release.plan import Plan, Published, ReleaseError
from finq_ops.release.probes import PROBES

MIGRATIONS = "finkurn-install-pgvector"


@dataclass(frozen=True)
class Pace:
    """How a release goes forward; seconds.

    Attributes:
        share: of the traffic that the new versions get first.
        canary: how long. The alarm on failed calls needs two periods of five minutes to ring.
        after: how long alarms are watched once all traffic is theirs.
        poll: between two looks at the alarms.
    """

    share: float = 0.1
    canary: float = 900
    after: float = 300
    poll: float = 15


class Rollout:
    """One release of the functions in `plan`.

    Args:
        tell: hears what happens, a line each.
        despite: alarms that may ring, because they did before and this release is to mend what they are about.
    """

    def __init__(
        self,
        plan: Plan,
        aliases: Aliases,
        alarms: Alarms,
        tell: Callable[[str], None],
        *,
        despite: frozenset[str] = frozenset(),
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plan = plan
        self._aliases = aliases
        self._alarms = alarms
        self._tell = tell
        self._watched = [name for name in plan.alarms if name not in despite]
        self._now = now
        self._sleep = sleep

    def run(self, pace: Pace) -> dict[str, str]:
        """Release; function -> version that was live before, of those that changed (none: nothing to release).

        Raises:
            ReleaseError: refused before the start, or taken back.
        """
        live = {function: self._aliases.route(function) for function in self._plan.functions}
        if mixed := [function.name for function, route in live.items() if route.canary]:
            raise ReleaseError(f"another release is under way, or was cut off, in {', '.join(mixed)}: roll back first")
        if ringing := self._alarms.ringing(self._watched):
            raise ReleaseError(f"alarms ring already: {', '.join(sorted(ringing))}")
        changed = {function: route for function, route in live.items() if route.version != function.version}
        if not changed:
            self._tell("the published versions are live already")
            return {}
        for function in changed:
            self._aliases.wait_until_active(function)
        self._migrate()
        self._probe(changed)
        try:
            self._shift(changed, pace)
        except BaseException:  # a cancelled pipeline must not leave half a release behind either
            self._restore(changed)
            raise
        return {function.key: route.version for function, route in changed.items()}

    def _migrate(self) -> None:
        # Both versions work on the migrated schema for a while, and so does the old one after a rollback.
        answer = self._aliases.invoke(self._plan[MIGRATIONS], {})
        if answer.error:
            raise ReleaseError(f"the migrations failed; nothing was released: {answer.payload}")
        self._tell(f"migrations applied: {', '.join(answer.payload['applied']) or 'none'}")

    def _probe(self, changed: Mapping[Published, Route]) -> None:
        for function in changed:
            if (probe := PROBES.get(function.key)) is None:
                continue
            answer = self._aliases.invoke(function, probe.event)
            if answer.error or not probe.in_order(answer.payload):
                raise ReleaseError(f"{function.name} version {function.version} is not in order: {answer.payload}")
        self._tell("the new versions answer")

    def _shift(self, changed: Mapping[Published, Route], pace: Pace) -> None:
        for function, route in changed.items():
            if self._aliases.kept_warm(function):
                self._tell(f"{function.name} is kept warm, which rules out a share: it follows with the rest")
            else:
                self._aliases.send(function, Route(route.version, function.version, pace.share))
        self._tell(f"{pace.share:.0%} of calls go to the new versions")
        self._watch(pace.canary, pace.poll)
        for function in changed:
            self._aliases.send(function, Route(function.version))
        self._tell("all calls go to the new versions")
        self._watch(pace.after, pace.poll)

    def _watch(self, seconds: float, poll: float) -> None:
        until = self._now() + seconds
        while True:
            if ringing := self._alarms.ringing(self._watched):
                raise ReleaseError(f"taken back at: {', '.join(sorted(ringing))}")
            left = until - self._now()
            if left <= 0:
                return
            self._sleep(min(poll, left))

    def _restore(self, changed: Mapping[Published, Route]) -> None:
        failed = []
        for function, route in changed.items():
            try:
                self._aliases.send(function, route)
            except Exception as error:  # noqa: BLE001 - the others are to be restored all the same
                failed.append(f"{function.name}: {error}")
        if failed:
            raise ReleaseError(f"could not be taken back, act at once: {'; '.join(failed)}")
        self._tell("what was live before is live again")


def roll_back(plan: Plan, aliases: Aliases, before: Mapping[str, str], tell: Callable[[str], None]) -> dict[str, str]:
    """Send all calls to the versions `before`; function -> version that they leave.

    Raises:
        ReleaseError: a function of `before` does not exist any more.
    """
    left = {}
    for key, version in before.items():
        if key not in {function.key for function in plan.functions}:
            raise ReleaseError(f"{key} of the release before does not exist any more")
        route = aliases.route(plan[key])
        aliases.send(plan[key], Route(version))
        left[key] = route.canary or route.version
        tell(f"{plan[key].name}: {left[key]} -> {version}")
    return left
