#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.9"
# dependencies = ["clovrix-env"]
# ///
"""A script that carries its dependencies: uv run script.py"""

import os

from clovrix_env import load_env

load_env()
print(f"script for {os.environ['GREETING']}")
