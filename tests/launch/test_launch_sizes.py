"""What the kernel would refuse is refused by name, before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launch.launcher import environment, refusal

if TYPE_CHECKING:
    from launch.launcher import Launcher

# A quarter of this stack, 256 KiB, is what environment and arguments may take together.
SMALL_STACK = ("bash", "-c", 'ulimit -Ss 1024; exec "$@"', "bash")
LIMIT = 256 * 1024


def write(launcher: Launcher, **sizes: int) -> None:
    lines = (f"{name}={'x' * size}\n" for name, size in sizes.items())
    (launcher.folder / ".env").write_text("".join(lines))


def test_one_variable_of_128_kib(launcher: Launcher) -> None:
    """The longest that the kernel takes comes through; a byte more is refused by name and size."""
    longest = 128 * 1024 - len("LARGE=") - 1
    write(launcher, LARGE=longest)
    assert len(environment(launcher("--", "env", "-0"))[b"LARGE"]) == longest
    write(launcher, LARGE=longest + 1, OTHER=200_000)
    assert refusal(launcher("--", "true")) == [
        "LARGE takes 131,073 bytes with its name; the limit is 131,072",
        "OTHER takes 200,007 bytes with its name; the limit is 131,072",
        "pass large values as files",
    ]


def test_all_together(launcher: Launcher) -> None:
    """More than a quarter of the stack limit: how much it is, how much may be, and the largest."""
    write(launcher, TINY=10, SMALL=70_000, LARGE=110_000, MIDDLE=90_000)
    problem, remedy = refusal(launcher("--", "true", through=SMALL_STACK))
    assert problem.startswith("environment and arguments take 26")
    assert problem.endswith(
        " KiB; the limit of this system is 256.0 KiB; "
        "largest: LARGE (107.4 KiB), MIDDLE (87.9 KiB), SMALL (68.4 KiB)"
    )
    assert "ulimit -s" in remedy


def test_many_megabytes(launcher: Launcher) -> None:
    """Where the stack has no limit the kernel still has one, of 6 MiB."""
    write(launcher, **{f"PART_{number}": 100_000 for number in range(10)})
    first = (launcher.folder / ".env").read_text()
    for number in range(8):
        (launcher.folder / f"{number}").write_text(first.replace("PART", f"PART_{number}"))
    files = [word for number in range(8) for word in ("-f", str(number))]
    unlimited = ("bash", "-c", 'ulimit -Ss unlimited; exec "$@"', "bash")
    problem, _ = refusal(launcher(*files, "--", "true", through=unlimited))
    assert problem.startswith(
        "environment and arguments take 7.6 MiB; the limit of this system is 6.0 MiB;"
    )


def test_many_arguments(launcher: Launcher) -> None:
    """Where the arguments take the most, they are the largest."""
    write(launcher, LARGE=60_000)
    problem, _ = refusal(launcher("--", "true", *["x" * 1000] * 200, through=SMALL_STACK))
    assert "largest: the arguments (197.1 KiB), LARGE (58.6 KiB), " in problem


def test_the_last_byte(launcher: Launcher) -> None:
    """Up to the very limit a start goes through or is refused in our words."""
    write(launcher, A=100_000, B=100_000, C=1)
    measured = launcher("--", "env", "-0", through=SMALL_STACK).stdout.split(b"\0")[:-1]
    taken = sum(len(item) + 9 for item in (*measured, b"env", b"-0"))
    started = 0
    for more in (-200, -60, -40, -20, -1, 0, 1):
        write(launcher, A=100_000, B=100_000, C=1 + LIMIT - taken + more)
        result = launcher("--", "env", "-0", through=SMALL_STACK)
        if result.returncode == 0:
            started += 1
        else:
            problem, _ = refusal(result)
            assert problem.startswith("environment and arguments take 256.0 KiB; the limit of")
    assert 1 <= started < 7
