"""Who wins and what it means, by brute force: every binding is tried again until nothing changes.

Written from the promises alone. Nothing of ``merge`` or ``interpolate`` is here: no recursion, no
stacks of definitions, no memory of what is open. A cycle is what is still unknown in the end.
"""

from collections import namedtuple

# ``${name}``, ``${name:-argument}`` and so on.
Ref = namedtuple("Ref", "name operator argument")


# ``name`` bound in a source; a higher rank is stronger; ``number`` is 0 but in files.
Line = namedtuple("Line", "rank number source name parts")


REFUSED, UNKNOWN = object(), object()


def answer(lines, process_rank):
    """Value and places of each name, the winner's first; ``None`` where the whole is refused."""
    lines = sorted(lines, key=lambda line: (line.rank, line.number), reverse=True)
    means = dict.fromkeys(lines, UNKNOWN)

    def look_up(name, asker):
        found = [line for line in lines if line.name == name]
        if name == asker.name:
            here = asker.rank, asker.number
            found = [line for line in found if (line.rank, line.number) < here]
        elif found and found[0].rank == asker.rank:
            own = [line for line in found if line.rank == asker.rank]
            found = [line for line in own if line.number < asker.number]
            return means[found[0]] if found else REFUSED
        return means[found[0]] if found else None

    def text(parts, asker):
        texts = [part if isinstance(part, str) else value(part, asker) for part in parts]
        for bad in (REFUSED, UNKNOWN):
            if any(found is bad for found in texts):
                return bad
        return "".join(map(str, texts))

    def value(ref, asker):
        found = look_up(ref.name, asker)
        if found is REFUSED or found is UNKNOWN:
            return found
        there = found is not None and (found != "" or ":" not in ref.operator)
        if "+" in ref.operator:
            return text(ref.argument, asker) if there else ""
        if there:
            return found
        return text(ref.argument, asker) if "-" in ref.operator else REFUSED

    while True:
        before = dict(means)
        for line in lines:
            means[line] = text(line.parts, line)
        if means == before:
            break
    names = {line.name for line in lines if line.rank != process_rank}
    stacks = {name: [line for line in lines if line.name == name] for name in names}
    if not all(isinstance(means[stack[0]], str) for stack in stacks.values()):
        return None
    return {
        name: (str(means[stack[0]]), [line.source for line in stack])
        for name, stack in stacks.items()
    }
