"""The master key: where it is found, and one sentence for each way in which it is wrong."""

import base64
import os
import struct

import pytest

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import key_sources, master_key

RAW = bytes(range(32))
LINE = f"clovrix-master-1:{base64.b64encode(RAW).decode()}:630dcd29"


def refused(environ):
    with pytest.raises(ClovrixConfigError) as caught:
        master_key.find(environ)
    return caught.value


@pytest.fixture
def key_file(tmp_path):
    """A function that writes a key file, and gives the environment in which it is found."""

    def write(content, mode=0o600):
        folder = tmp_path / "clovrix-env"
        folder.mkdir()
        path = folder / "master.key"
        path.write_bytes(content)
        path.chmod(mode)
        return {"XDG_CONFIG_HOME": str(tmp_path)}

    return write


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_key_is_found_in_variable_and_file(key_file, ending):
    """One trailing newline is no part of it; the variable comes first, also when it is wrong."""
    environ = key_file((LINE + ending).encode())
    key = master_key.find(environ)
    assert (key.key, key.source) == (RAW, master_key.path_of(environ))
    key = master_key.find({"CLOVRIX_MASTER_KEY": LINE + ending})
    key.verify()
    assert (key.key, key.label, key.source) == (RAW, "630dcd29", "CLOVRIX_MASTER_KEY")
    assert "CLOVRIX_MASTER_KEY" in str(refused({**environ, "CLOVRIX_MASTER_KEY": "wrong"}))


def test_a_generated_key_is_read_back_and_random():
    """A new key's line is one that parses, with the right checksum."""
    key = master_key.generate("here")
    again = master_key.parse(key.line(), "there")
    again.verify()
    assert (again.key, again.label) == (key.key, key.label)
    assert len({master_key.generate("here").key for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        *(("", "is empty"), ("\n", "is empty")),
        (LINE.replace("master-1", "master-2"), "does not start with 'clovrix-master-1:'"),
        (" " + LINE, "does not start with"),
        (f"clovrix-master-1:{RAW.hex().upper()}:630dcd29", "contains the key as hex"),
        ("clovrix-master-1:é:630dcd29", "is not valid base64"),
        (LINE.replace("=", ""), "is not valid base64"),
        (LINE.replace("AAEC", "AA\nEC"), "is not valid base64"),
        (f"clovrix-master-1:{base64.b64encode(RAW[1:]).decode()}:630dcd29", "contains 31 bytes"),
        ("clovrix-master-1::630dcd29", "contains 0 bytes"),
        *((line, "does not end in a checksum") for line in (LINE[:-9], LINE[:-1], LINE + "\n\n")),
    ],
)
def test_each_wrong_line_has_its_sentence(line, sentence):
    """What is wrong is told, and nothing of the key is shown."""
    error = refused({"CLOVRIX_MASTER_KEY": line})
    assert error.problems[0].startswith("the master key in CLOVRIX_MASTER_KEY ")
    assert sentence in error.problems[0]
    assert RAW.hex() not in str(error)
    assert "AAECAwQF" not in str(error)


def test_a_wrong_checksum_is_told():
    """A line with a typo is damaged, whichever part it is in."""
    for line in (LINE[:-1] + "8", LINE.replace("AAEC", "AAED")):
        key = master_key.parse(line, "CLOVRIX_MASTER_KEY")
        with pytest.raises(ClovrixConfigError, match="CLOVRIX_MASTER_KEY is damaged"):
            key.verify()


def test_no_key_anywhere_names_both_ways(tmp_path):
    """Variable, file and the command that makes one."""
    error = refused({"HOME": str(tmp_path)})
    assert "CLOVRIX_MASTER_KEY is not set" in error.problems[0]
    assert f"{tmp_path}/.config/clovrix-env/master.key does not exist" in error.problems[0]
    assert "clovrix-env local init" in error.remedy


def test_a_lost_key_is_named(tmp_path, store_file, master):
    """The store contains the label of its key, which a search for the right copy needs."""
    path = f"{tmp_path}/.config/clovrix-env/master.key"
    with pytest.raises(ClovrixConfigError) as caught:
        master_key.find({"HOME": str(tmp_path)}, str(store_file))
    needs = f"; the store {store_file} needs the key {master.label}"
    assert caught.value.problems[0].endswith(needs)
    assert caught.value.remedy == (
        f"restore to {path} the key whose line ends in :{master.label}, "
        "or set CLOVRIX_MASTER_KEY to that line"
    )


AS_OTHER = """
import os, sys
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key
os.setgroups([int(sys.argv[1])])
os.setgid(54322)
os.setuid(54321)
try:
    print(master_key.find({"XDG_CONFIG_HOME": folder for folder in sys.argv[2:]}).label)
except ClovrixConfigError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes a user without a passwd entry")
def test_no_home_has_its_sentence(python):
    """A container without HOME and without a passwd entry has the variable only."""
    out, err = python(AS_OTHER, 54322, HOME=None).communicate()
    assert "without HOME its file has no folder" in out, err


@pytest.mark.parametrize("mode", [0o650, 0o604])
def test_a_key_that_others_can_reach_is_refused(key_file, mode):
    """The remedy is a command."""
    environ = key_file(LINE.encode(), mode)
    error = refused(environ)
    assert f"can be read by others (mode {mode:04o})" in str(error)
    path = master_key.path_of(environ)
    assert error.remedy == f"chmod 600 {path}, or set CLOVRIX_MASTER_KEY to the key's line"


def open_folders(path):
    """Let all users reach a path."""
    for folder in (path, *path.parents):
        if os.stat(folder).st_mode & 0o005 != 0o005:
            os.chmod(folder, os.stat(folder).st_mode & 0o7777 | 0o055)


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize(
    ("owner", "mode", "group", "told"),
    [
        (0, 0o640, 54323, "630dcd29"),
        (0, 0o440, 54399, "can be read by others (mode 0440)"),
        (54321, 0o440, 54323, "can be read by others (mode 0440)"),
        (0, 0o444, 54323, "can be read by others (mode 0444)"),
        (0, 0o460, 54323, "can be read by others (mode 0460)"),
    ],
)
def test_a_key_that_root_lends_to_a_group_is_taken(
    key_file, python, tmp_path, owner, mode, group, told
):
    """As Kubernetes mounts a Secret: root's, and read by a group of the process's."""
    path = master_key.path_of(key_file(LINE.encode()))
    os.chown(path, owner, 54323)
    os.chmod(path, mode)
    open_folders(tmp_path)
    out, err = python(AS_OTHER, group, tmp_path).communicate()
    assert told in out, (out, err)


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to others")
def test_a_key_that_systemd_lends_is_taken(key_file, python, tmp_path):
    """A credential is root's, and its access list lets one user read it: the mode shows 0440."""
    path = master_key.path_of(key_file(LINE.encode()))
    # Version 2; owner, user 54321, owning group, mask, others; each with rights and an id.
    rights = ((1, 4, -1), (2, 4, 54321), (4, 0, -1), (16, 4, -1), (32, 0, -1))
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *right) for right in rights)
    os.setxattr(path, "system.posix_acl_access", listed)
    assert os.stat(path).st_mode & 0o777 == 0o440
    open_folders(tmp_path)
    out, err = python(AS_OTHER, 54322, tmp_path).communicate()
    assert "630dcd29" in out, (out, err)


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"x" * 100_000])
def test_a_file_of_any_bytes_is_named(key_file, content):
    """Its path is in the error."""
    environ = key_file(content)
    assert master_key.path_of(environ) in str(refused(environ))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_folder_or_fifo_is_no_key(tmp_path, make):
    """Neither is waited for."""
    (tmp_path / "clovrix-env").mkdir()
    make(tmp_path / "clovrix-env" / "master.key", 0o600)
    assert "not a regular file" in str(refused({"XDG_CONFIG_HOME": str(tmp_path)}))


def test_a_key_does_not_show_itself():
    """``repr`` and ``str`` name label and source only."""
    key = master_key.parse(LINE, "here")
    for shown in (repr(key), str(key), f"{key}"):
        assert "630dcd29" in shown
        assert "AAEC" not in shown
        assert repr(RAW) not in shown


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_saved_key_is_private(tmp_path, umask):
    """Mode 0600 whatever the umask, and it is never written over."""
    path = tmp_path / "folder" / "master.key"
    key = master_key.generate(str(path))
    before = os.umask(umask)
    try:
        master_key.save(key, str(path))
        with pytest.raises(FileExistsError):
            master_key.save(master_key.generate(""), str(path))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == key.line() + "\n"
    assert os.listdir(path.parent) == ["master.key"]


def source(text, option="--master-key", **environ):
    with pytest.raises(ClovrixConfigError) as caught:
        key_sources.find(text, option, {"PATH": os.environ["PATH"], **environ})
    return f"{caught.value.problems[0]} / {caught.value.remedy}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clovrix-master-1:x", "--master-key does not name a master key / start it with file:, "),
        ("file:", "file: has no path"),
        ("file:~other/key", "file: has no path"),
        ("file:/nowhere/key", "/nowhere/key, which does not exist"),
        ("env:NOWHERE", "the variable NOWHERE is not set"),
        ("env:PATH", "the master key in PATH does not start with"),
        ("cmd:", "is empty or has an open quote"),
        ("cmd:echo '", "is empty or has an open quote"),
        ("cmd:no-such-program SECRET", "the command no-such-program cannot be started: No such"),
        ("cmd:sh -c 'echo SECRET; echo SECRET >&2; exit 3'", "the command sh failed with status 3"),
        ("cmd:sh -c 'kill -9 $$'", "failed with status -9"),
        ("cmd:true", "the output of true is empty"),
        ("cmd:echo SECRET", "the output of echo does not start with"),
        ("cmd:yes SECRET", "the command yes printed more than a master key"),
        (f"cmd:printf {LINE}\\n{LINE}", "does not end in a checksum"),
    ],
)
def test_each_wrong_source_has_its_sentence(text, sentence, capfd):
    """An output, also on stderr, and the arguments of a command are not shown."""
    shown = source(text)
    assert sentence in shown
    assert "SECRET" not in shown + "".join(capfd.readouterr())


def test_a_key_comes_from_a_file_a_variable_or_a_command(tmp_path):
    """Also by ``CLOVRIX_MASTER_KEY``, but for a variable; a command runs without a shell."""
    path = tmp_path / "a key"
    path.write_text(LINE)
    path.chmod(0o600)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NAME": LINE}
    for text in (f"file:{path}", "file:~/a key", f"cmd:cat '{path}'", f"cmd:printf '%s\\n' {LINE}"):
        assert key_sources.find(text, "--master-key", environ).key == RAW
        assert master_key.find({**environ, "CLOVRIX_MASTER_KEY": text}).key == RAW
    assert key_sources.find("env:NAME", "--master-key", environ).key == RAW
    assert "start it with file: or cmd:" in source("env:NAME", "CLOVRIX_MASTER_KEY")
    assert "status 1" in source(f"cmd:cat {path}; cat {path}")
    path.chmod(0o644)
    assert "can be read by others" in source(f"file:{path}")


@pytest.mark.parametrize("command", ["sleep 600", "sh -c 'sleep 600 & exec >&-; sleep 600'"])
def test_a_command_that_does_not_end_is_killed_with_its_children(command, monkeypatch):
    """After its time, here none: nothing of its group is left to hold a descriptor."""
    monkeypatch.setattr(key_sources, "SECONDS", 0.0)
    assert "did not end within 0 s" in source(f"cmd:{command}")
