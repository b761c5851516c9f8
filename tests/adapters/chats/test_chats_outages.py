"""The database goes away under an answer: whoever waits hears of it at once, and is not left waiting afterwards."""

import threading

import psycopg
import pytest

from finq.chats import answering

PATIENCE = 10.0


@pytest.fixture
def client(world):
    return world.connect(world.user())


class Outage:
    """A database that can be taken from the chatbot. What ws-message does goes on."""

    def __init__(self, world, postgres_url):
        self._down = threading.Event()
        self._url = postgres_url
        nowhere = "host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1"
        self.database = world.another_database(lambda: nowhere if self._down.is_set() else world.url)

    def begin(self):
        self._down.set()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )

    def end(self):
        self._down.clear()


@pytest.fixture
def outage(world, postgres_url):
    return Outage(world, postgres_url)


def errors(world, client, count):
    """The error frames, once there are so many."""

    def met(frames):
        return sum(frame["type"] == "error" for frame in frames) >= count

    return [frame for frame in world.hub.wait(client, met) if frame["type"] == "error"]


def test_for_a_while(world, client, script, outage):
    world.ask(client)
    result = world.answer(script, database=outage.database)
    script.say("전 ")
    world.hub.wait_text(client, "전 ")
    outage.begin()
    script.say("중 ")
    world.hub.wait_text(client, "전 중 ")
    outage.end()
    script.say("후")
    script.end()

    assert result.get(timeout=PATIENCE).state == "complete"
    assert world.hub.wait_for(client, "done")
    assert world.row("SELECT content FROM messages WHERE role = 'assistant'")["content"] == "전 중 후"


def test_for_longer_than_an_answer_can_wait(world, client, script, outage, make_script):
    world.ask(client)
    result = world.answer(script, database=outage.database)
    script.say("말")
    world.hub.wait_text(client, "말")
    outage.begin()
    script.end()
    [first] = errors(world, client, 1)
    assert (first["code"], first["retryable"]) == ("SERVICE_UNAVAILABLE", True)

    world.ask(client)  # as the error invites to; the run still counts as alive
    assert world.row("SELECT state FROM answers")["state"] == "running"
    outage.end()
    assert result.get(timeout=PATIENCE).state == "failed"
    [_, second] = errors(world, client, 2)
    assert second == first

    world.ask(client)
    again = make_script()
    result = world.answer(again)
    again.end()
    assert result.get(timeout=PATIENCE).state == "complete"


def test_before_an_answer_is_begun(world, client, script, outage):
    world.ask(client)
    outage.begin()
    result = world.answer(script, database=outage.database)
    [told] = errors(world, client, 1)
    assert (told["request_id"], told["code"], told["retryable"]) == ("r1", "SERVICE_UNAVAILABLE", True)
    outage.end()
    assert result.get(timeout=PATIENCE).state == "failed"
    assert len(errors(world, client, 1)) == 1  # nobody has asked again
    assert world.row("SELECT state FROM answers")["state"] == "failed"


def test_for_good(world, client, script, outage, monkeypatch):
    monkeypatch.setattr(answering, "LOST_AFTER", 0.5)
    world.ask(client)
    result = world.answer(script, database=outage.database)
    script.say("말")
    world.hub.wait_text(client, "말")
    outage.begin()
    script.end()

    assert result.get(timeout=PATIENCE).state == "failed"
    [error] = errors(world, client, 1)
    assert (error["code"], error["retryable"]) == ("SERVICE_UNAVAILABLE", True)
