import threading

import pytest

from finq.chats import answers
from finq.chats.websocket import FailureRecord
from finq.errors import TooManyRequests
from finq.policies.card import PolicyCard

CARD = PolicyCard(
    id="P1",
    name="청년월세",
    summary="월세 지원",
    support="월 20만 원",
    categories=("주거",),
    institution="국토교통부",
    age_text="만 19~34세",
    region_text="전국",
    status="open",
    period_text="상시",
    deadline=None,
    d_day=None,
    documents=(),
    apply_url="",
    verdict="eligible",
    reasons=(),
)
PATIENCE = 10.0


@pytest.fixture
def user(world):
    return world.user()


@pytest.fixture
def client(world, user):
    return world.connect(user)


def record(run, condition="RetriesExhausted"):
    return FailureRecord.model_validate(
        {
            "version": "1.0",
            "timestamp": "2026-11-22T00:00:00.000Z",
            "requestContext": {"requestId": "x", "condition": condition, "approximateInvokeCount": 1},
            "requestPayload": run.model_dump(mode="json"),
            "responsePayload": {"errorType": "Sandbox.Timedout"},
        }
    )


def stored(world):
    return world.row("SELECT * FROM messages WHERE role = 'assistant'")


def make_stale(world, by="1 minute"):
    world.execute("UPDATE answers SET heartbeat_at = now() - %s::interval", by)


def test_a_whole_answer(world, client, script):
    ack = world.ask(client)
    result = world.answer(script)
    script.stage("routing")
    script.stage("searching")
    script.sources([CARD])
    script.stage("writing")
    script.say("청년월세가 ")
    world.hub.wait_text(client, "청년월세가 ")
    script.say("있어요.")
    script.end()

    answered = result.get(timeout=PATIENCE)
    frames = world.hub.frames(client)
    assert [frame["type"] for frame in frames] == [
        *["ack", "status", "status", "sources", "status", "token", "token", "done"]
    ]
    assert frames[3]["policies"] == [CARD.model_dump(mode="json")]
    message = stored(world)
    assert frames[-1] == {
        "type": "done",
        "request_id": "r1",
        "chat_id": ack["chat_id"],
        "message_id": str(message["id"]),
        "model": "test-model",
        "usage": {"input_tokens": 10, "output_tokens": 2, "model_calls": 2},
        "grounding": {"cited": ["P1"]},
        "stopped": False,
        "duplicate": False,
    }
    assert (message["content"], message["model"]) == ("청년월세가 있어요.", "test-model")
    assert message["sources"] == frames[3]["policies"]
    assert message["usage"] == frames[-1]["usage"]
    assert message["metadata"]["route"] == "policy_search"
    assert (answered.state, answered.message_id) == ("complete", message["id"])


def test_a_second_delivery_of_the_event_answers_nothing(world, client, script):
    world.ask(client)
    first = world.answer(script)
    script.say("한 번")
    world.hub.wait_text(client, "한 번")

    assert world.answer(script).get(timeout=PATIENCE).state is None
    script.end()
    first.get(timeout=PATIENCE)
    assert world.answer(script).get(timeout=PATIENCE).state is None
    assert len(script.questions) == 1
    assert len(world.hub.frames(client, "done")) == 1


def test_earlier_turns_and_the_profile_reach_the_agents(world, user, client, script):
    world.execute(
        "UPDATE users SET born_from = '2000-01-01', born_to = '2000-12-31', region_code = '11', interests = '{주거}'"
        " WHERE id = %s",
        user,
    )
    chat = world.ask(client, "r0", "첫 질문")["chat_id"]
    result = world.answer(script)
    script.say("첫 답")
    script.end()
    result.get(timeout=PATIENCE)
    world.ask(client, "r1", "실패한 질문", chat_id=chat)
    world.execute("UPDATE answers SET state = 'failed' WHERE request_id = 'r1'")
    world.ask(client, "r2", "둘째 질문", chat_id=chat)
    result = world.answer(script)
    script.end()
    result.get(timeout=PATIENCE)

    question = script.questions[-1]
    assert question.text == "둘째 질문"
    assert [(turn.role, turn.text) for turn in question.history] == [("user", "첫 질문"), ("assistant", "첫 답")]
    assert question.applicant.region_code == "11"
    assert question.applicant.age
    assert question.interests == ("주거",)


def test_stop_ends_the_stream_and_stores_what_was_said(world, client, script):
    world.ask(client)
    result = world.answer(script)
    script.say("여기까지")
    world.hub.wait_text(client, "여기까지")
    world.send(client, type="stop", request_id="r1")
    script.babble()

    assert result.get(timeout=PATIENCE).state == "stopped"
    assert script.ended.get(timeout=PATIENCE) == "stopped"
    done = world.hub.frames(client, "done")[0]
    assert done["stopped"]
    assert done["usage"]["input_tokens"] == 10
    assert stored(world)["content"] == "여기까지"
    assert str(stored(world)["id"]) == done["message_id"]


def test_stop_while_the_model_is_silent_does_not_wait_for_it(world, client, script):
    world.ask(client)
    speaks = threading.Event()
    script.stage("writing")
    script.wait(speaks)
    script.say("너무 늦은 말")
    result = world.answer(script)
    world.hub.wait_for(client, "status")
    world.send(client, type="stop", request_id="r1")

    done = world.hub.wait_for(client, "done")
    assert not speaks.is_set()
    assert (done["stopped"], done["message_id"]) == (True, None)
    speaks.set()
    assert script.ended.get(timeout=PATIENCE) == "stopped"
    assert result.get(timeout=PATIENCE).state == "stopped"
    assert world.hub.frames(client, "token") == []


def test_stop_before_the_chatbot_starts(world, client, script):
    world.ask(client)
    world.send(client, type="stop", request_id="r1")

    assert world.answer(script).get(timeout=PATIENCE).state == "stopped"
    assert world.hub.frames(client, "done")[0]["stopped"]
    assert script.questions == []


def test_stop_after_the_end_tells_the_end_again(world, client, script):
    world.ask(client)
    script.say("끝")
    script.end()
    world.answer(script).get(timeout=PATIENCE)
    world.send(client, type="stop", request_id="r1")

    first, second = world.hub.frames(client, "done")
    assert second == {**first, "duplicate": True}
    assert not second["stopped"]


def test_a_client_that_reconnects_mid_answer_gets_the_rest_on_its_new_connection(world, user, client, script):
    world.ask(client)
    result = world.answer(script)
    script.sources([CARD])
    script.say("하나 둘 ")
    world.hub.wait_text(client, "하나 둘 ")
    world.hub.gone.add(client)
    script.say("셋 ")
    again = world.connect(user)
    world.send(again, type="resume", request_id="r1", received=3)

    world.hub.wait(again, lambda frames: any(frame["type"] == "token" for frame in frames))
    script.say("넷")
    script.end()
    result.get(timeout=PATIENCE)

    frames = world.hub.frames(again)
    assert frames[0]["type"] == "sources"
    assert next(frame for frame in frames if frame["type"] == "token")["offset"] == 3
    assert world.hub.wait_for(again, "done")["stopped"] is False
    world.hub.wait_text(again, "하나 둘 셋 넷", held="하나 ")
    assert stored(world)["content"] == "하나 둘 셋 넷"
    assert len(world.hub.frames(client, "done")) == 0


def test_resume_is_noticed_while_the_model_is_silent(world, user, client, script):
    world.ask(client)
    speaks = threading.Event()
    script.say("먼저 ")
    script.wait(speaks)
    script.end()
    result = world.answer(script)
    world.hub.wait_text(client, "먼저 ")
    again = world.connect(user)
    world.send(again, type="resume", request_id="r1", received=0)

    world.hub.wait_text(again, "먼저 ")
    assert not speaks.is_set()
    speaks.set()
    result.get(timeout=PATIENCE)
    world.hub.wait_for(again, "done")


def test_nobody_listens_and_the_answer_is_stored_and_replayed_later(world, user, client, script):
    ack = world.ask(client)
    world.hub.gone.add(client)
    script.sources([CARD])
    script.say("긴 답 " * 3000)
    script.end()
    assert world.answer(script).get(timeout=PATIENCE).state == "complete"
    assert world.row("SELECT count(*) FROM connections")["count"] == 0

    again = world.connect(user)
    world.send(again, type="resume", request_id="r1", received=0)
    frames = world.hub.frames(again)
    assert [frame["type"] for frame in frames] == ["sources", "token", "token", "token", "done"]
    assert frames[-1]["duplicate"]
    assert frames[-1]["chat_id"] == ack["chat_id"]
    world.hub.wait_text(again, "긴 답 " * 3000)

    resent = world.connect(user)
    world.ask(resent)
    assert [frame["type"] for frame in world.hub.frames(resent)] == [
        "ack",
        "sources",
        "token",
        "token",
        "token",
        "done",
    ]


@pytest.mark.parametrize("round_", range(25))
def test_resume_racing_with_the_end_leaves_nobody_silent(world, user, client, script, round_):
    world.ask(client)
    result = world.answer(script)
    script.say("처음 ")
    world.hub.wait_text(client, "처음 ")
    again = world.connect(user)
    sender = world.another_socket()
    start = threading.Barrier(2)

    def resume():
        start.wait()
        sender.receive(again, '{"type":"resume","request_id":"r1","received":2}')

    thread = threading.Thread(target=resume)
    thread.start()
    start.wait()
    if round_ % 2:
        script.say("가운데 ")
    script.say("끝")
    script.end()
    thread.join()
    result.get(timeout=PATIENCE)

    world.hub.wait_for(again, "done")
    world.hub.wait_text(again, stored(world)["content"], held="처음")


def test_a_push_that_fails_for_a_while_loses_nothing(world, client, script):
    world.ask(client)
    world.hub.failing[client] = 2
    result = world.answer(script)
    script.stage("writing")
    script.say("모두 ")
    script.say("온다")
    script.end()
    result.get(timeout=PATIENCE)

    assert [frame["type"] for frame in world.hub.frames(client)][:2] == ["ack", "status"]
    world.hub.wait_text(client, "모두 온다")
    assert world.hub.wait_for(client, "done")


@pytest.mark.parametrize(
    ("error", "code"), [(TooManyRequests(), "TOO_MANY_REQUESTS"), (ValueError("개인 정보"), "INTERNAL")]
)
def test_a_failure_is_stored_and_told_and_a_resend_makes_a_new_answer(world, client, script, error, code):
    world.ask(client)
    script.say("이 말은 버려져요")
    script.crash(error)
    assert world.answer(script).get(timeout=PATIENCE).state == "failed"
    frame = world.hub.frames(client)[-1]
    assert (frame["type"], frame["code"], frame["retryable"], frame["request_id"]) == ("error", code, True, "r1")
    row = world.row("SELECT * FROM answers")
    assert (row["state"], row["error_code"], row["message_id"]) == ("failed", code, None)

    world.send(client, type="resume", request_id="r1", received=3)
    told = world.hub.frames(client)[-1]
    assert (told["code"], told["details"]) == ("ANSWER_FAILED", {"reason": code})

    assert world.ask(client)["duplicate"]
    script.say("새 답")
    script.end()
    assert world.answer(script).get(timeout=PATIENCE).state == "complete"
    world.hub.wait_text(client, "새 답", held="")
    assert world.row("SELECT attempt FROM answers")["attempt"] == 2


def test_a_crashed_chatbot_is_told_of_by_lambdas_record(world, client, script):
    world.ask(client)
    _, run = world.hub.invoked[-1]
    world.execute("UPDATE answers SET state = 'running', attempt = 1")
    world.socket.fail(record(run))
    frame = world.hub.frames(client)[-1]
    assert (frame["code"], frame["retryable"], frame["request_id"]) == ("ANSWER_FAILED", True, "r1")

    world.ask(client)  # resent: a second run
    world.socket.fail(record(run))  # Lambda delivers at least once
    assert world.row("SELECT state FROM answers")["state"] == "queued"
    script.say("둘째")
    script.end()
    assert world.answer(script).get(timeout=PATIENCE).state == "complete"
    _, second = world.hub.invoked[-1]
    assert (run.attempt, second.attempt) == (1, 2)
    world.socket.fail(record(second))
    assert world.row("SELECT state FROM answers")["state"] == "complete"
    assert len(world.hub.frames(client, "error")) == 1


@pytest.mark.parametrize("frame", [{"type": "resume", "received": 2}, {"type": "stop"}])
def test_a_chatbot_without_a_sign_of_life_is_given_up(world, user, client, frame):
    world.ask(client)
    world.execute("UPDATE answers SET state = 'running', attempt = 1")
    make_stale(world, "14 s")
    again = world.connect(user)
    world.send(again, request_id="r1", **frame)
    assert world.hub.frames(again) == []  # not yet

    make_stale(world, "16 s")
    world.send(again, request_id="r1", **frame)
    error = world.hub.frames(again)[-1]
    assert (error["code"], error["retryable"], error["details"]) == (
        "ANSWER_FAILED",
        True,
        {"reason": answers.LOST},
    )


def test_a_run_that_was_given_up_falls_silent_when_it_wakes(world, user, client, script):
    world.ask(client)
    sleeping = threading.Event()
    script.say("옛 답")
    script.wait(sleeping)
    old = world.answer(script)
    world.hub.wait_text(client, "옛 답")
    world.execute("UPDATE answers SET state = 'failed'")  # as `resume` does when the heartbeat is stale
    again = world.connect(user)
    world.ask(again)

    assert world.row("SELECT attempt, state FROM answers") == {"attempt": 1, "state": "queued"}
    sleeping.set()
    script.say("들리지 않아요")
    script.babble()
    assert old.get(timeout=PATIENCE).state is None
    assert script.ended.get(timeout=PATIENCE) == "stopped"
    assert world.hub.frames(again, "token") == []
    assert world.row("SELECT count(*) FROM messages")["count"] == 1


def test_the_deadline_stores_what_there_is(world, client, script):
    world.ask(client)
    model = threading.Event()
    script.say("여기까지만")
    script.wait(model)
    script.end()
    result = world.answer(script, seconds_left=10.5)

    done = world.hub.wait_for(client, "done")
    assert done["stopped"]
    assert stored(world)["content"] == "여기까지만"
    assert stored(world)["metadata"]["halt"] == "deadline"
    model.set()
    assert result.get(timeout=PATIENCE).state == "stopped"


def test_the_deadline_without_a_word_is_an_error(world, client, script):
    world.ask(client)
    model = threading.Event()
    script.wait(model)
    script.end()
    result = world.answer(script, seconds_left=10.2)

    error = world.hub.wait_for(client, "error")
    assert (error["code"], error["retryable"]) == ("TIMEOUT", True)
    assert not model.is_set()
    model.set()
    assert result.get(timeout=PATIENCE).state == "failed"


def test_deleting_the_chat_ends_its_answer(world, user, client, script):
    chat = world.ask(client)["chat_id"]
    result = world.answer(script)
    script.say("말하는 중")
    world.hub.wait_text(client, "말하는 중")
    world.execute("DELETE FROM chats WHERE id = %s", chat)
    script.babble()
    assert result.get(timeout=PATIENCE).state is None
    assert world.hub.frames(client, "done") == []


def test_two_users_with_two_chats_each_hear_only_their_own(world, hub, make_script):
    asked = []
    for name in ("가", "나"):
        user = world.user()
        for number in range(2):
            client = world.connect(user)
            world.ask(client, f"{name}{number}".encode().hex())
            script = make_script()
            asked.append((client, f"{name}{number} ", script, world.answer(script)))
    for _ in range(20):
        for _, word, script, _ in asked:
            script.say(word)
    for _, _, script, result in asked:
        script.end()
        result.get(timeout=PATIENCE)

    for client, word, _, _ in asked:
        hub.wait_text(client, word * 20)
        assert len({frame["request_id"] for frame in hub.frames(client)}) == 1
