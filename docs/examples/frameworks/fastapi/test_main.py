from fastapi.testclient import TestClient
from main import Settings, app, get_settings


def test_the_answer_has_the_greeting():
    assert TestClient(app).get("/").json() == {"greeting": "hello"}


def test_the_settings_of_one_test_can_be_others():
    app.dependency_overrides[get_settings] = lambda: Settings(greeting="good morning")
    try:
        assert TestClient(app).get("/").json() == {"greeting": "good morning"}
    finally:
        app.dependency_overrides.clear()
