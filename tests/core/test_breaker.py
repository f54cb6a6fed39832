"""The circuit breaker: calls go through, are refused, and go through again after a trial."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.breaker import Breaker, admit, failed, seconds_left, succeeded


def broken(at: float) -> Breaker:
    breaker = Breaker(limit=3, rest_seconds=10)
    for _ in range(3):
        breaker = failed(breaker, at)
    return breaker


def test_fewer_failures_than_the_limit_change_nothing() -> None:
    breaker = failed(failed(Breaker(limit=3), 0), 0)

    assert admit(breaker, 0) is breaker


def test_only_failures_in_a_row_count() -> None:
    breaker = failed(failed(Breaker(limit=3), 0), 0)
    breaker = failed(failed(succeeded(breaker), 0), 0)

    assert admit(breaker, 0) is not None


def test_at_the_limit_calls_are_refused_until_the_rest_is_over() -> None:
    breaker = broken(at=100)

    assert admit(breaker, 109.9) is None
    assert seconds_left(breaker, 104) == 6
    assert admit(breaker, 110) is not None


def test_after_the_rest_one_call_tries() -> None:
    trying = admit(broken(at=0), 10)

    assert trying is not None
    assert admit(trying, 10) is None
    assert admit(trying, 19.9) is None


def test_a_trial_that_never_ends_is_replaced() -> None:
    trying = admit(broken(at=0), 10)

    assert trying is not None
    assert admit(trying, 20) is not None


def test_a_trial_that_fails_begins_another_rest_at_once() -> None:
    trying = admit(broken(at=0), 10)
    assert trying is not None

    assert seconds_left(failed(trying, 15), 15) == 10


def test_a_trial_that_succeeds_opens_the_way_for_all() -> None:
    trying = admit(broken(at=0), 10)
    assert trying is not None
    breaker = succeeded(trying)

    assert admit(breaker, 10) is breaker
    assert breaker.failures == 0
    assert seconds_left(breaker, 10) == 0


@given(
    st.lists(st.tuples(st.sampled_from(["call", "ok", "bad"]), st.integers(min_value=0, max_value=50)), max_size=60),
    st.integers(min_value=1, max_value=4),
)
def test_it_never_refuses_for_longer_than_a_rest_after_the_last_word(story: list[tuple[str, int]], limit: int) -> None:
    breaker, now = Breaker(limit=limit, rest_seconds=10), 0
    for what, later in story:
        now += later
        if what == "call":
            breaker = admit(breaker, now) or breaker
        else:
            breaker = succeeded(breaker) if what == "ok" else failed(breaker, now)
        assert seconds_left(breaker, now) <= 10
        assert admit(breaker, now + 10) is not None
