from fastapi.testclient import TestClient
from main import app, get_settings


def test_the_answer_has_the_greeting():
    assert TestClient(app).get("/").json() == {"greeting": "hello"}


def test_the_settings_of_one_test_can_be_others():
    others = get_settings().model_copy(update={"greeting": "good morning"})
    app.dependency_overrides[get_settings] = lambda: others
    try:
        assert TestClient(app).get("/").json() == {"greeting": "good morning"}
    finally:
        app.dependency_overrides.clear()
