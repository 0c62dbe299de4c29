"""Its test: python -m unittest"""

import os
import unittest

from report import report


class ReportTest(unittest.TestCase):
    def test_it_is_for_whom_the_configuration_names(self):
        assert report().endswith(os.environ["GREETING"])
