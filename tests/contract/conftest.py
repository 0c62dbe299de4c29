"""What ``load_env()`` sets is gone after a test of the contract."""

from load.conftest import environ_put_back

__all__ = ["environ_put_back"]
