"""How the loader's calls of the embedding model slow down and speed up."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from finq.errors import ModelUnavailable, ServiceUnavailable
from finq.policies.embedding import Embedding, TextRefused
from finq.policies.etl.embedding_pool import EmbeddingPool
from finq.policies.etl.pace import Pace

WAIT_SECONDS = 20


class Service:
    """Refuses whatever goes beyond `bears` calls at a time; counts."""

    def __init__(self, bears):
        self.bears = bears
        self.lock = threading.Lock()
        self.running = self.most_running = self.refused = self.done = 0

    def __call__(self):
        with self.lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            too_many = self.running > self.bears
            self.refused += too_many
        threading.Event().wait(0.001)  # a call takes some time
        with self.lock:
            self.running -= 1
            self.done += not too_many
        if too_many:
            raise ServiceUnavailable


def call_many(pace, service, calls, threads=16):
    with ThreadPoolExecutor(threads) as pool:
        for result in [pool.submit(pace.run, service) for _ in range(calls)]:
            result.result(WAIT_SECONDS)


def test_all_calls_run_at_once_where_nothing_is_refused():
    pace, service = Pace(16), Service(16)
    call_many(pace, service, 200)
    assert (service.done, service.refused, pace.refusals, pace.limit) == (200, 0, 0, 16)


def test_throttling_backs_off_and_every_call_is_made_in_the_end():
    pace, service = Pace(16, first_pause=0.001), Service(4)
    call_many(pace, service, 400)
    assert service.done == 400
    assert pace.refusals == service.refused > 0
    assert pace.limit <= 8, "it stays near what the service bears"


def test_the_pace_recovers_when_the_throttling_ends():
    pace, service = Pace(16, first_pause=0.001), Service(0)
    failing = threading.Thread(target=call_many, args=(pace, service, 300))
    failing.start()
    while pace.limit > 1:
        threading.Event().wait(0.001)
    service.bears = 16
    failing.join(WAIT_SECONDS)
    assert service.done == 300
    assert pace.limit == 16


def test_calls_that_began_before_the_limit_was_halved_do_not_halve_it_again():
    pace = Pace(8, first_pause=0.001)
    together, first_try = threading.Barrier(8), threading.local()

    def refused_once():
        if not getattr(first_try, "over", False):
            first_try.over = True
            together.wait(WAIT_SECONDS)
            raise ServiceUnavailable
        limits.append(pace.limit)

    limits = []
    call_many(pace, refused_once, 8, threads=8)
    assert pace.refusals == 8
    assert limits[0] == 4


def test_nothing_but_refusals_ends_it():
    pace = Pace(4, first_pause=0.001, patience=0.05)
    with pytest.raises(ServiceUnavailable):
        call_many(pace, Service(0), 8, threads=4)


def test_a_success_now_and_then_is_reason_to_go_on():
    pace = Pace(1, first_pause=0.001, patience=0.05)
    outcomes = iter([ServiceUnavailable] * 3 + [None])

    def sometimes():
        threading.Event().wait(0.01)
        if outcome := next(outcomes):
            raise outcome

    pace.run(sometimes)
    assert pace.refusals == 3


def test_other_errors_are_the_callers_and_leave_room_for_others():
    pace = Pace(1)
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            pace.run(fail)
    assert (pace.limit, pace.refusals) == (1, 0)


def fail():
    raise ModelUnavailable("retired")


def test_nothing_begins_once_it_is_closed():
    pace = Pace(2)
    pace.close()
    with pytest.raises(ServiceUnavailable):
        pace.run(lambda: None)


class Model:
    """Refuses texts of more than 2,000 characters, and "독" of any length."""

    model_id = "choosy"

    def __init__(self):
        self.texts = []

    def embed(self, text):
        self.texts.append(text)
        if len(text) > 2_000 or "독" in text:
            raise TextRefused("too long")
        return Embedding([1.0, 0.0], len(text))


@pytest.fixture
def pool():
    pool = EmbeddingPool(Model(), 4)
    yield pool
    pool.close()


def test_an_identical_text_is_embedded_once(pool):
    made = [pool.submit(text).result(WAIT_SECONDS) for text in ("가", "나", "가")]
    assert made[0] is made[2]
    assert (pool.calls, pool.tokens) == (2, 2)


def test_a_text_that_is_too_long_is_cut(pool):
    assert pool.submit("가" * 9_000).result(WAIT_SECONDS).tokens == 2_000


def test_a_text_that_is_refused_though_short_is_told(pool):
    with pytest.raises(TextRefused):
        pool.submit("독" * 3_000).result(WAIT_SECONDS)
    assert pool.submit("약").result(WAIT_SECONDS).tokens == 1


def test_few_texts_are_remembered(pool, monkeypatch):
    monkeypatch.setattr("finq.policies.etl.embedding_pool._REMEMBERED", 10)
    for number in range(50):
        pool.submit(str(number)).result(WAIT_SECONDS)
    assert len(pool._recent) == 10
