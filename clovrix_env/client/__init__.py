"""Who asks: the clients, and the senders under them."""


def __getattr__(name: str) -> object:
    """``protocols``, which annotations name and nothing else needs at run time."""
    if name == "protocols":
        from importlib import import_module

        return import_module(f"{__name__}.protocols")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
