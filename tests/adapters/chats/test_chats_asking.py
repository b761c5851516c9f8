import io
import threading
from uuid import UUID, uuid4

import pytest

from finq.chats import answers, repository
from finq.chats.websocket import Socket
from finq.observability import logger


def error_of(world, connection_id):
    frame = world.hub.frames(connection_id)[-1]
    assert frame["type"] == "error", frame
    return frame


@pytest.fixture
def user(world):
    return world.user()


@pytest.fixture
def client(world, user):
    return world.connect(user)


def test_a_question_is_stored_acknowledged_and_handed_over(world, user, client):
    ack = world.ask(client, text="  25살인데 청년 적금 추천해줘 \n")

    assert not ack["duplicate"]
    question = world.row("SELECT * FROM messages WHERE id = %s", ack["message_id"])
    assert (question["role"], question["content"]) == ("user", "25살인데 청년 적금 추천해줘")
    chat = world.row("SELECT * FROM chats WHERE id = %s", ack["chat_id"])
    assert (chat["user_id"], chat["title"]) == (user, "25살인데 청년 적금 추천해줘")
    answer = world.row("SELECT * FROM answers")
    assert (answer["state"], answer["connection_id"]) == ("queued", client)
    [(invocation, run)] = world.hub.invoked
    assert (invocation, run.answer_id, run.attempt) == ("Event", answer["id"], 1)


def test_a_resent_request_is_acknowledged_again_and_not_answered_twice(world, client):
    first = world.ask(client)
    second = world.ask(client)
    in_that_chat = world.ask(client, chat_id=first["chat_id"])

    assert second == in_that_chat == {**first, "duplicate": True}
    assert len(world.hub.invoked) == 1
    assert world.row("SELECT count(*) FROM messages")["count"] == 1


def test_ten_processes_get_the_same_request_and_one_answer_comes_of_it(world, client):
    sockets = [world.another_socket() for _ in range(10)]
    start = threading.Barrier(10)

    def send(socket: Socket) -> None:
        start.wait()
        socket.receive(client, '{"type":"message","request_id":"r1","text":"월세"}')

    threads = [threading.Thread(target=send, args=(socket,)) for socket in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    acks = world.hub.frames(client, "ack")
    assert sorted(ack["duplicate"] for ack in acks) == [False] + [True] * 9
    assert len({(ack["chat_id"], ack["message_id"]) for ack in acks}) == 1
    assert len(world.hub.invoked) == 1


@pytest.mark.parametrize("change", [{"text": "다른 질문"}, {"chat_id": str(uuid4())}])
def test_a_request_id_stands_for_one_question(world, client, change):
    world.ask(client)
    world.send(client, **{"type": "message", "request_id": "r1", "text": "월세 지원 알려줘"} | change)

    assert error_of(world, client)["code"] == "CONFLICT"
    assert len(world.hub.invoked) == 1


def test_two_users_may_use_the_same_request_id(world, client):
    other = world.connect(world.user())

    assert world.ask(client)["chat_id"] != world.ask(other)["chat_id"]
    assert len(world.hub.invoked) == 2


@pytest.mark.parametrize("foreign", [True, False])
def test_another_users_chat_is_not_found_like_one_that_is_not_there(world, client, foreign):
    theirs = world.ask(world.connect(world.user()))["chat_id"] if foreign else str(uuid4())
    world.send(client, type="message", request_id="mine", chat_id=theirs, text="보여 줘")

    error = error_of(world, client)
    assert (error["code"], error["request_id"], error["retryable"]) == ("NOT_FOUND", "mine", False)
    assert world.row("SELECT count(*) FROM messages WHERE content = '보여 줘'")["count"] == 0


@pytest.mark.parametrize("frame", [{"type": "stop"}, {"type": "resume", "received": 0}])
def test_another_users_answer_can_be_neither_stopped_nor_heard(world, client, frame):
    world.ask(world.connect(world.user()), request_id="theirs")
    world.send(client, request_id="theirs", **frame)

    assert error_of(world, client)["code"] == "NOT_FOUND"
    answer = world.row("SELECT * FROM answers")
    assert not answer["stop_requested"]
    assert answer["connection_id"] != client


def test_one_answer_at_a_time_in_a_chat(world, client):
    ack = world.ask(client)
    world.send(client, type="message", request_id="r2", chat_id=ack["chat_id"], text="그리고?")

    error = error_of(world, client)
    assert (error["code"], error["retryable"], error["request_id"]) == ("BUSY", True, "r2")


def test_three_answers_at_a_time_for_a_user(world, client):
    for number in range(answers.MAX_CONCURRENT):
        world.ask(client, request_id=f"r{number}")
    world.send(client, type="message", request_id="more", text="하나 더")

    error = error_of(world, client)
    assert (error["code"], error["details"]) == ("BUSY", {"limit": 3})
    assert world.ask(world.connect(world.user()))  # somebody else is not held up


def test_twenty_questions_a_minute(world, client):
    for number in range(answers.MAX_PER_MINUTE):
        world.ask(client, request_id=f"r{number}")
        world.execute("UPDATE answers SET state = 'complete'")
    world.send(client, type="message", request_id="more", text="하나 더")
    assert error_of(world, client)["code"] == "TOO_MANY_REQUESTS"

    world.execute("UPDATE users SET asked_at = array_fill(now() - interval '61 s', ARRAY[20])")
    assert world.ask(client, request_id="more")


def test_deleting_the_chat_does_not_make_room_for_more_questions(world, user, client):
    for number in range(answers.MAX_PER_MINUTE):
        ack = world.ask(client, request_id=f"r{number}")
        with world.database.transaction() as connection:
            repository.delete_chat(connection, user, UUID(ack["chat_id"]))
    world.send(client, type="message", request_id="more", text="하나 더")
    assert error_of(world, client)["code"] == "TOO_MANY_REQUESTS"


def test_restarts_of_a_failed_answer_count_as_questions(world, client):
    for number in range(answers.MAX_PER_MINUTE // 2):
        for _ in range(2):
            world.ask(client, request_id=f"r{number}")
            world.execute("UPDATE answers SET state = 'failed', attempt = attempt + 1 WHERE state = 'queued'")
    world.send(client, type="message", request_id="more", text="하나 더")
    assert error_of(world, client)["code"] == "TOO_MANY_REQUESTS"


def test_an_event_that_lambda_refuses_fails_the_answer_and_a_resend_starts_it_again(world, client):
    world.hub.invoke_status = 500
    world.send(client, type="message", request_id="r1", text="월세")
    error = error_of(world, client)
    assert (error["code"], error["retryable"], error["request_id"]) == ("SERVICE_UNAVAILABLE", True, "r1")
    assert world.row("SELECT state FROM answers")["state"] == "failed"

    world.hub.invoke_status = 202
    assert world.ask(client, text="월세")["duplicate"]
    assert world.row("SELECT state FROM answers")["state"] == "queued"


def test_an_answer_that_keeps_failing_is_not_started_for_ever(world, client):
    world.ask(client)
    world.execute("UPDATE answers SET state = 'failed', attempt = %s", answers.MAX_ATTEMPTS)
    world.send(client, type="message", request_id="r1", text="월세 지원 알려줘")

    assert error_of(world, client)["code"] == "CONFLICT"


def test_postgresql_is_down(world, client):
    nowhere = world.another_database(lambda: "host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1")
    Socket(nowhere, world.pusher, world.chatbot).receive(client, '{"type":"message","request_id":"r1","text":"월세"}')

    error = error_of(world, client)
    assert (error["code"], error["retryable"], error["request_id"]) == ("SERVICE_UNAVAILABLE", True, "r1")


def test_a_bug_is_told_as_an_internal_error_without_its_text(world, client, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)

    class Broken:
        def start(self, run):
            raise RuntimeError(world.row("SELECT content FROM messages")["content"])

    socket = Socket(world.database, world.pusher, Broken())
    socket.receive(client, '{"type":"message","request_id":"r1","text":"비밀 이야기"}')

    assert error_of(world, client)["code"] == "INTERNAL"
    assert "RuntimeError" in log.getvalue()
    assert "비밀" not in log.getvalue()
    assert "\\ube44" not in log.getvalue()


def test_an_unknown_connection_is_told_to_log_in(world):
    world.send("c-unknown=", type="message", request_id="r1", text="월세")

    assert error_of(world, "c-unknown=")["code"] == "UNAUTHORIZED"


def test_ping_and_nonsense(world, client):
    world.send(client, type="ping")
    world.send(client, type="dance", request_id="r9")
    world.socket.receive(client, "{")

    pong, unknown, invalid = world.hub.frames(client)
    assert pong == {"type": "pong"}
    assert (unknown["code"], unknown["request_id"]) == ("UNKNOWN_TYPE", "r9")
    assert (invalid["code"], invalid["request_id"]) == ("INVALID_JSON", None)


def test_a_client_that_left_before_its_ack_still_gets_its_answer_made(world, client):
    world.hub.gone.add(client)
    world.send(client, type="message", request_id="r1", text="월세")

    assert len(world.hub.invoked) == 1
