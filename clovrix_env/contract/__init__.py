"""The contract of a program: ``[variables]`` of ``.clovrix``, checked before it starts."""
