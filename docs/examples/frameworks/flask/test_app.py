from app import create_app


def test_the_page_has_the_greeting():
    answer = create_app().test_client().get("/")
    assert (answer.status_code, answer.text) == (200, "hello")
