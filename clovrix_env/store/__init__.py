"""The embedded store: who answers a ``Call``, over one SQLite file with every value sealed.

``answer.Store`` is the way in. Nothing is imported here: a launch pays for what it reads only.
"""
