"""The folder for ``PYTHONPATH="$(clovrix-env hook path)"``: Python runs its ``sitecustomize.py``.

As a package it is only shipped. Nothing imports it, and nothing runs without ``CLOVRIX_AUTOLOAD``.
"""
