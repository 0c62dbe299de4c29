"""Expands the highest definition of each name: ``${NAME}`` in a file becomes text. Pure.

A reference looks up NAME among all definitions, highest first; within its own file only lines above
it count. A name that refers to itself means the next lower definition, so that ``LIST=${LIST},b``
appends. Hidden definitions are expanded only if such a reference needs them.
"""

from __future__ import annotations

from clovrix_env.model.layer import FILE, UNREAD, Binding, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from typing import Optional

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Part
    from clovrix_env.resolution.precedence import Definitions

    _Work = Generator[Binding, Optional[str], str]

# A few lines that double each other would otherwise fill the memory. The kernel's limit for a
# variable is far lower.
LONGEST = 1024 * 1024
LONGEST_TOGETHER = 16 * 1024 * 1024


class _Unexpandable(Exception):
    """A value cannot be expanded; ``problem`` begins with the place of the ``binding`` at fault.

    The problem is empty if the value depends on an unknown one. ``rule`` is ``undefined`` if
    setting another variable would help.
    """

    def __init__(self, binding: Binding, problem: str, rule: str = "reference") -> None:
        super().__init__(problem)
        self.binding = binding
        self.problem = problem
        self.rule = rule


def expand(
    definitions: Definitions, names: Iterable[str], problems: Problems, *, is_complete: bool = True
) -> dict[str, str]:
    """Return the text of each name's highest definition. Adds each error to ``problems`` once.

    Values that refer to an unread value are left out. Without ``is_complete``, so are values that
    refer to a name without a definition, because an unread source may define it.
    """
    expander = _Expander(definitions, is_complete)
    values: dict[str, str] = {}
    for name in names:
        try:
            values[name] = expander.text(definitions[name][0])
        except _Unexpandable as failed:
            at_fault = failed.binding
            if not failed.problem:
                continue
            problems.about(failed.rule, at_fault.place, at_fault.name).add(failed.problem)
    return values


class _Expander:
    def __init__(self, definitions: Definitions, is_complete: bool) -> None:
        self._definitions = definitions
        self._is_complete = is_complete
        self._texts: dict[int, str] = {}
        self._failed: dict[int, _Unexpandable] = {}
        self._lower: dict[int, Binding] = {}
        self._linked: set[str] = set()
        self._length = 0

    def text(self, binding: Binding) -> str:
        """Return the text of a binding. An explicit stack allows chains of any length.

        Each ``_Work`` yields the definitions whose text it needs, and receives the texts.
        """
        text = self._known(binding)
        if text is not None:
            return text
        waiting: dict[int, tuple[Binding, _Work]] = {id(binding): (binding, self._work(binding))}
        needed: str | None = None
        while waiting:
            _, work = next(reversed(waiting.values()))
            try:
                other = work.send(needed)
                needed = self._known(other)
                if needed is None:
                    if id(other) in waiting:
                        raise _cycle(other, [one for one, _ in waiting.values()])
                    waiting[id(other)] = other, self._work(other)
            except StopIteration as done:
                needed = done.value
                waiting.popitem()
            except _Unexpandable as failed:
                self._failed.update(dict.fromkeys(waiting, failed))
                raise
        assert needed is not None
        return needed

    def _known(self, binding: Binding) -> str | None:
        """Return the text of an expanded binding, or ``None``. Raises if the expansion failed."""
        parts = binding.parts
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        if id(binding) in self._failed:
            raise self._failed[id(binding)]
        return self._texts.get(id(binding))

    def _kept(self, binding: Binding, text: str) -> str:
        self._length += len(text)
        if self._length > LONGEST_TOGETHER:
            raise _Unexpandable(
                binding,
                f"{binding.place.source}: its values expand to more than "
                f"{LONGEST_TOGETHER:,} characters together",
            )
        self._texts[id(binding)] = text
        return text

    def _work(self, binding: Binding) -> _Work:
        try:
            return self._kept(binding, (yield from self._join(binding.parts, binding)))
        except RecursionError:  # from ${A:-${B:-…}}, not from a chain
            pass
        raise _Unexpandable(
            binding, f"{binding.place}: {binding.name}: its references are nested too deep"
        )

    def _join(self, parts: Iterable[Part], binding: Binding) -> _Work:
        texts: list[str] = []
        length = 0
        for part in parts:
            texts.append(part if isinstance(part, str) else (yield from self._value(part, binding)))
            length += len(texts[-1])
            if length > LONGEST:
                raise _Unexpandable(
                    binding,
                    f"{binding.place}: {binding.name}: expands to more than {LONGEST:,} characters",
                )
        return "".join(texts)

    def _value(self, reference: Reference, binding: Binding) -> _Work:
        name, operator = reference.name, reference.operator
        found = None if reference is UNREAD else self._find(name, binding)
        if reference is UNREAD or (found is None and not self._is_complete):
            raise _Unexpandable(binding, "")
        value = None if found is None else (yield found)
        is_set = value is not None and (value != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            return (yield from self._join(reference.argument, binding)) if is_set else ""
        if is_set and value is not None:
            return value
        if operator.endswith("-"):
            return (yield from self._join(reference.argument, binding))
        if operator:
            # Only the literal text of the message: its references may be secrets.
            message = "".join(part for part in reference.argument if isinstance(part, str))
            state = "not set" if value is None else "empty"
            raise _Unexpandable(
                binding,
                f"{binding.place}: {binding.name}: refers to {name}, which is {state}"
                + (f": {message}" if message else ""),
                "undefined",
            )
        raise _Unexpandable(
            binding,
            f"{binding.place}: {binding.name}: refers to {name}, which is not set; "
            f"write ${{{name}:-}} for empty or quote it with '…'",
            "undefined",
        )

    def _find(self, name: str, binding: Binding) -> Binding | None:
        """Return the definition that a reference in ``binding`` means, or ``None``."""
        stack = self._definitions.get(name, ())
        if name == binding.name:
            if name not in self._linked:
                self._linked.add(name)
                self._lower.update(zip(map(id, stack), stack[1:]))
            return self._lower.get(id(binding))
        if not stack or not _same_file(stack[0], binding):
            return stack[0] if stack else None
        above = _first_above(stack, binding)
        if above is not None:
            return above
        from clovrix_env.resolution import circle

        names = circle.names_of(binding, name, self._definitions)
        why = f"refers to {name}, which is defined below it (line {stack[0].place.line})"
        why = circle.sentence(names) if names else f"{why}; move that line up"
        raise _Unexpandable(binding, f"{binding.place}: {binding.name}: {why}")


def _first_above(stack: Sequence[Binding], binding: Binding) -> Binding | None:
    """Return the last definition in the binding's file that is above its line.

    The definitions of one file are adjacent in the stack, last line first.
    """
    low, high = 0, len(stack)
    while low < high:
        middle = (low + high) // 2
        if _same_file(stack[middle], binding) and stack[middle].place.line >= binding.place.line:
            low = middle + 1
        else:
            high = middle
    return stack[low] if low < len(stack) and _same_file(stack[low], binding) else None


def _cycle(binding: Binding, waiting: Sequence[Binding]) -> _Unexpandable:
    from clovrix_env.resolution import circle

    first = next(at for at, one in enumerate(waiting) if one is binding)
    why = circle.sentence([one.name for one in waiting[first:]])
    return _Unexpandable(binding, f"{binding.place}: {binding.name}: {why}")


def _same_file(one: Binding, other: Binding) -> bool:
    return one.place.kind == FILE and one.place.source == other.place.source
