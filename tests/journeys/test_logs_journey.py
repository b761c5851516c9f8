"""Nothing private reaches a log: not of a function, the gateway, or any component."""

from uuid import uuid4

import pytest


@pytest.mark.containers_too
async def test_no_log_holds_tokens_addresses_passwords_or_what_people_wrote(stack, new_user):
    secret = f"비밀이야기{uuid4().hex}"
    user = new_user(age=25, region="서울")
    async with stack.connect(user) as socket:
        await socket.ask(f"{secret} 청년 적금 추천해줘")
        [*_, end] = await socket.answer()
        await socket.send("message", request_id="bad id!", text=secret)
        await socket.until("error")
    assert end["type"] == "done"
    answer = user.rest.get(f"/api/chats/{end['chat_id']}/messages").json()["items"][-1]["content"]
    user.rest.patch(f"/api/chats/{end['chat_id']}", json={"title": secret}).raise_for_status()
    user.rest.get("/api/policies", params={"q": secret}).raise_for_status()
    user.rest.post("/api/auth/login", json={"email": user.email, "password": f"wrong-{secret}"})
    user.rest.post("/api/auth/logout", json={"refresh_token": user.tokens["refresh_token"]}).raise_for_status()

    private = {
        "message": secret,
        "answer": answer[:60],
        "e-mail": user.email,
        "password": user.password,
        **{name: user.tokens[name].rsplit(".", 1)[-1] for name in ("id_token", "access_token", "refresh_token")},
    }
    logs = stack.logs()
    assert "answered" in logs["finkurn-chatbot"]
    found = [(what, name) for name, text in logs.items() for what, value in private.items() if value in text]
    # Cognito's emulator logs the mails that it does not send; it stands in for a mailbox.
    assert [(what, name) for what, name in found if name != stack.mailbox] == []
