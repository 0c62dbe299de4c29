"""Expands the winners: ``${NAME}`` of a file becomes text. Pure.

A reference looks NAME up among all definitions, the winner first; within its own file only lines
above it count. A name that refers to itself means the next lower definition, so that
``LIST=${LIST},b`` appends. Losers are expanded only where such a reference reaches them.
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

# A few lines that double each other would otherwise fill the memory; no program takes a variable
# of this length, for the kernel's limit is far below it.
LONGEST = 1024 * 1024
LONGEST_TOGETHER = 16 * 1024 * 1024
# Of the names in a circle, as many are shown.
_MOST_SHOWN = 10


class _Unexpandable(Exception):
    """Why a value has no text; ``problem`` begins with the place of the ``binding`` at fault.

    It is empty where the value depends on one that is not known. ``rule`` is ``undefined`` where a
    value that somebody gives would help.
    """

    def __init__(self, binding: Binding, problem: str, rule: str = "reference") -> None:
        super().__init__(problem)
        self.binding = binding
        self.problem = problem
        self.rule = rule


def expand(
    definitions: Definitions, names: Iterable[str], problems: Problems, *, is_complete: bool = True
) -> dict[str, str]:
    """The text of each name's winner. What cannot be expanded goes to ``problems``, once each.

    What refers to an unread value is left out, and so is, unless ``is_complete``, what refers to a
    name without a definition: one may be in a source that is not known.
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
        """The text of a binding. What it waits for is a stack here: a chain may be of any length.

        Each ``_Work`` yields the definitions whose text it needs, and is sent the texts.
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
        """The text where nothing has to be expanded any more. Raises why there will be none."""
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
                f"{LONGEST_TOGETHER} characters together",
            )
        self._texts[id(binding)] = text
        return text

    def _work(self, binding: Binding) -> _Work:
        try:
            return self._kept(binding, (yield from self._join(binding.parts, binding)))
        except RecursionError:  # of ${A:-${B:-…}}, not of a chain
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
                    f"{binding.place}: {binding.name}: expands to more than {LONGEST} characters",
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
            # The author's words only: what they refer to may be a secret.
            said = "".join(part for part in reference.argument if isinstance(part, str))
            state = "not set" if value is None else "empty"
            raise _Unexpandable(
                binding,
                f"{binding.place}: {binding.name}: refers to {name}, which is {state}"
                + (f": {said}" if said else ""),
                "undefined",
            )
        raise _Unexpandable(
            binding,
            f"{binding.place}: {binding.name}: refers to {name}, which is not set; "
            f"write ${{{name}:-}} for empty or quote it with '…'",
            "undefined",
        )

    def _find(self, name: str, binding: Binding) -> Binding | None:
        """The definition that a reference in ``binding`` means, or ``None`` where there is none."""
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
        raise _Unexpandable(
            binding,
            f"{binding.place}: {binding.name}: refers to {name}, which is defined below it "
            f"(line {stack[0].place.line}); move that line up",
        )


def _first_above(stack: Sequence[Binding], binding: Binding) -> Binding | None:
    """The last definition of the binding's file that is above its line.

    Those of one file are side by side in the stack, the lowest line first.
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
    first = next(at for at, one in enumerate(waiting) if one is binding)
    names = [one.name for one in waiting[first:]]
    if len(names) > _MOST_SHOWN:
        names[_MOST_SHOWN:] = ["…"]
    circle = " → ".join([*names, binding.name])
    return _Unexpandable(binding, f"{binding.place}: {binding.name}: refers to itself ({circle})")


def _same_file(one: Binding, other: Binding) -> bool:
    return one.place.kind == FILE and one.place.source == other.place.source
