"""The gate fails for a module more or 2 % more instructions, and for nothing else."""

from __future__ import annotations

import json

import pytest
from benchmarks import counting, instructions, start_cost
from benchmarks.start_cost import (
    CEILINGS,
    RECORD,
    Figure,
    Measurement,
    Record,
    Recorded,
    Refused,
    ceiling,
    compare,
    differing,
    module_changes,
    package_changes,
    table,
)

KEY = "CPython 3.11.7, OpenSSL 3.0.19, glibc 2.36, x86_64"
MODULES = frozenset({"json", "socket"})


def measurement(
    http: float | None = 4.0,
    modules: frozenset[str] = MODULES,
    key: str = KEY,
    minor: str = "3.11",
) -> Measurement:
    """Return a measurement of two paths, of which HTTP is as said."""
    figures = {"HTTP": Figure(http, modules), "hook off": Figure(1.01, frozenset())}
    return Measurement(key, minor, {"click": "8.5.1"}, figures)


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    """A record in which HTTP costs 4.0, and may cost 4.42, and imports two modules."""
    monkeypatch.setitem(CEILINGS, "HTTP", 4.42)
    made = Record()
    made.update(measurement(), "first record")
    return made


def problems_of(record: Record, measured: Measurement) -> list[str]:
    return compare(measured, record.paths(measured.key, measured.minor))


def test_same_figures_pass(record: Record) -> None:
    """Nothing changed: no problem, and no path to measure again."""
    assert problems_of(record, measurement()) == []
    assert differing(measurement(), record.paths(KEY, "3.11")) == []


def test_additional_module_fails_by_name(record: Record) -> None:
    """A module more fails, with its name and the paths that import it."""
    more = measurement(modules=MODULES | {"decimal"})
    assert problems_of(record, more) == ["module added: decimal (HTTP)"]
    assert differing(more, record.paths(KEY, "3.11")) == ["HTTP"]


@pytest.mark.parametrize(
    ("unlike", "shown"),
    [("", "every path"), ("hook off", "every path but hook off")],
)
def test_module_of_nearly_every_path_has_a_short_line(unlike: str, shown: str) -> None:
    """An import in a module that everything loads does not list all paths."""
    before = {path: Recorded(2.0, "first record", frozenset()) for path in CEILINGS}
    figures = {path: Figure(2.0, frozenset({"decimal"})) for path in CEILINGS}
    if unlike:
        figures[unlike] = Figure(2.0, frozenset())
    added, _ = module_changes(Measurement(KEY, "3.11", {}, figures), before)
    assert added == [f"module added: decimal ({shown})"]


def test_removed_module_is_only_reported(record: Record) -> None:
    """A module less is no problem; its name is printed, so that the record can follow."""
    less = measurement(modules=frozenset({"json"}))
    assert problems_of(record, less) == []
    changes = module_changes(less, record.paths(KEY, "3.11"))
    assert changes == ([], ["module removed: socket (HTTP)"])


def test_replaced_module_fails(record: Record) -> None:
    """As many modules as before, but another one: it could cost anything."""
    other = measurement(modules=frozenset({"json", "decimal"}))
    assert problems_of(record, other) == ["module added: decimal (HTTP)"]


@pytest.mark.parametrize(("figure", "passes"), [(4.079, True), (4.084, False), (3.0, True)])
def test_two_percent_more_instructions_fail(record: Record, figure: float, passes: bool) -> None:
    """1.98 % more passes, 2.1 % more does not, and the message has both figures."""
    expected = [] if passes else ["HTTP: +2.1% instructions (4.084 x, was 4.000 x)"]
    assert problems_of(record, measurement(figure)) == expected


def test_unknown_versions_are_only_reported(record: Record) -> None:
    """Another libc, OpenSSL or Python has no entry, and nothing to fail against."""
    other = measurement(9.0, MODULES | {"decimal"}, key=KEY.replace("2.36", "2.41"))
    assert record.paths(other.key, other.minor) == {}
    assert problems_of(record, other) == []
    assert "4." not in table(other, {})[0].partition("ceiling")[0]


def test_new_path_has_to_be_recorded(record: Record) -> None:
    """A path that the entry lacks is a problem, so that it cannot be forgotten."""
    more = measurement()
    more.figures["HTTPS"] = Figure(5.0, MODULES)
    assert problems_of(record, more) == ["HTTPS: not recorded"]


def test_without_valgrind_modules_are_still_compared(record: Record) -> None:
    """Instructions that were not counted do not fail; a module more does."""
    assert problems_of(record, measurement(None)) == []
    assert problems_of(record, measurement(None, MODULES | {"decimal"})) != []
    assert "not counted" in table(measurement(None), record.paths(KEY, "3.11"))[0]


def test_repeated_measurement_keeps_what_both_agree_on() -> None:
    """The lower count and the common modules: what happened once is not a change."""
    first, second = Figure(4.2, frozenset("ab")), Figure(4.0, frozenset("bc"))
    assert first.steadied(second) == Figure(4.0, frozenset("b"))
    assert Figure(None, MODULES).steadied(Figure(None, MODULES)).ratio is None


def test_update_without_reason_is_refused(record: Record) -> None:
    """The record says why each figure is what it is."""
    before = record.text()
    with pytest.raises(Refused, match="reason"):
        record.update(measurement(4.2), "  ")
    assert record.text() == before


def test_update_above_ceiling_is_refused(record: Record) -> None:
    """No reason is good enough for more than the ceiling."""
    before = record.text()
    with pytest.raises(Refused, match=r"HTTP: 4\.430 x is above the ceiling of 4\.42 x"):
        record.update(measurement(4.43), "a good reason")
    assert record.text() == before


def test_ceilings_are_those_of_one_version() -> None:
    """Other versions may take a tenth more, beyond their own start."""
    assert ceiling("HTTP", "3.11") == 3.6
    assert ceiling("HTTP", "3.9") == 3.86


def test_update_changes_only_what_differs(record: Record) -> None:
    """A figure that differs by less than 0.2 % keeps its entry and its reason."""
    more = measurement(4.007)
    more.figures["hook off"] = Figure(1.04, frozenset())
    record.update(more, "the hook reads a file")
    assert record.paths(KEY, "3.11") == {
        "HTTP": Recorded(4.0, "first record", MODULES),
        "hook off": Recorded(1.04, "the hook reads a file", frozenset()),
    }


def test_record_is_stable_text(record: Record) -> None:
    """It reads back as it was written; versions are sorted by number, modules by name."""
    for minor in ("9", "10"):
        key = f"CPython 3.{minor}.1, OpenSSL 3.0.19, glibc 2.36, x86_64"
        record.update(measurement(key=key, minor=f"3.{minor}"), "für 3.x")
    text = record.text()
    assert Record(text).text() == text
    assert [key.split(",")[0] for key in json.loads(text)["instructions"]] == [
        *("CPython 3.9.1", "CPython 3.10.1", "CPython 3.11.7")
    ]
    assert '      "json": ["HTTP"],\n      "socket": ["HTTP"]\n' in text
    assert "für" in text


def test_committed_record_keeps_to_the_ceilings() -> None:
    """An edit by hand raises no figure above its ceiling; each path has an entry and a reason."""
    text = RECORD.read_text(encoding="utf-8")
    record = Record(text)
    assert record.text() == text
    assert record.keys()
    for key in record.keys():  # noqa: SIM118 - not a mapping
        minor = ".".join(key.split(",")[0].split()[1].split(".")[:2])
        paths = record.paths(key, minor)
        assert list(paths) == list(CEILINGS)
        for path, entry in paths.items():
            assert 1 <= entry.ratio <= ceiling(path, minor)
            assert entry.reason
        assert paths["HTTPS"].modules > {"clovrix_env", "ssl"}
        assert record.packages(key)["pip"]


def test_other_versions_of_packages_are_named() -> None:
    """A failure after a dependency's new release shows that release."""
    now, before = {"click": "9.0", "h11": "1"}, {"click": "8.5.1", "idna": "3"}
    assert package_changes(now, before) == [
        *("click: 9.0, was 8.5.1", "h11: 1, was not installed", "idna: not installed, was 3")
    ]


def test_failing_check_says_how_to_record(
    record: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails with the difference, and with the command that records it."""
    worse = measurement(4.4, MODULES | {"decimal"})
    monkeypatch.setattr(instructions, "measure", lambda *_: worse)
    monkeypatch.setattr(counting, "versions", lambda _: (KEY, "3.11"))
    assert instructions.check(["python3"], record) is False
    printed = capsys.readouterr().out
    assert "FAILED: HTTP: +10.0% instructions (4.400 x, was 4.000 x)" in printed
    assert "FAILED: module added: decimal (HTTP)" in printed
    assert start_cost.UPDATE in printed


def test_command_demands_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """``--update`` alone is wrong usage, before anything is measured."""
    with pytest.raises(SystemExit):
        instructions.main(["--update"])
    assert "--update needs --reason" in capsys.readouterr().err


def test_dumps_up_to_exec_are_added_up() -> None:
    """Each call of execve, also one that fails, ends a dump; the last one names the exec."""
    dump = "desc: Trigger: {}\nevents: Ir\nfn=(1) Trigger: x\ntotals: {}\n"
    first, second = dump.format("--dump-before=execve", 100), dump.format("--dump-before=execve", 5)
    assert counting.total_of([first, second, ""]) == (105, True)
    assert counting.total_of([dump.format("Program termination", 7)]) == (7, False)
    assert counting.total_of([first, dump.format("Program termination", 7)]) == (107, False)


def test_modules_are_read_from_import_times() -> None:
    """The time of a module is negative where a second thread imported meanwhile."""
    assert counting.imported_in(
        "import time: self [us] | cumulative | imported package\n"
        "import time:       123 |        123 |   zipimport\n"
        "import time:    -17982 |       9847 | http.client\n"
        "clovrix-exec: import time: a note\n"
    ) == {"zipimport", "http.client"}
