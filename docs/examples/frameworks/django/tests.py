from django.core.checks import run_checks
from django.test import SimpleTestCase


class GreetingTest(SimpleTestCase):
    def test_the_page_has_the_greeting(self):
        self.assertContains(self.client.get("/", HTTP_HOST="localhost"), "hello")

    def test_the_variables_keep_the_contract(self):
        self.assertEqual([], [found for found in run_checks() if found.is_serious()])
