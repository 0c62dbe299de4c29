"""The clients, and the senders that they use."""


def __getattr__(name: str) -> object:
    """Import ``protocols``, which only annotations use at run time."""
    if name == "protocols":
        from importlib import import_module

        return import_module(f"{__name__}.protocols")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
