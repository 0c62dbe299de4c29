"""A job that does not know Clovrix: python report.py"""

import os


def report():
    return f"report for {os.environ['GREETING']}"


if __name__ == "__main__":
    print(report())
