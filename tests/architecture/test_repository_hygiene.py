"""No tracked file names a path of one machine, a package registry's host or somebody's address."""

import re
import subprocess

import pytest

from architecture.source_reading import REPOSITORY, Findings

# Written in parts, so that this file does not name what it looks for.
HOSTS = ["pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "deb.debian" + ".org"]
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/[\w.-]")
HOST = re.compile("|".join(re.escape(host) for host in HOSTS), re.IGNORECASE)
# Names reserved by RFC 2606 belong to nobody.
RESERVED = r"(?:[\w-]+\.)*(?:example\.(?:org|com|net)|[\w-]+\.(?:example|invalid|test))\b"
MAIL_ADDRESS = re.compile(rf"\b[\w.+-]+@(?!{RESERVED})(?:[\w-]+\.)+[a-z]{{2,}}\b", re.IGNORECASE)


def telltales(content: bytes) -> Findings:
    """What the content gives away; addresses are looked for in text only, since noise looks like them."""
    text = content.decode("latin-1")
    patterns = [MACHINE_PATH, HOST] + ([] if b"\0" in content else [MAIL_ADDRESS])
    return [found.group() for pattern in patterns for found in pattern.finditer(text)]


def tracked_files() -> list[str]:
    """What git tracks, or would once it is added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in listed.split("\0") if name and (REPOSITORY / name).is_file()})


@pytest.mark.skipif(
    not (REPOSITORY / ".git").exists(), reason="not a git checkout: nothing tells which files are tracked"
)
def test_no_tracked_file_gives_anything_away() -> None:
    given_away = {name: found for name in tracked_files() if (found := telltales((REPOSITORY / name).read_bytes()))}

    assert given_away == {}


@pytest.mark.parametrize(
    "text",
    [
        "cd /" + "work/main",
        "see '/" + "root/.cache'",
        "/" + "home/someone/photos",
        "--index-url https://" + HOSTS[0] + "/simple",
        "https://" + HOSTS[1] + "/x.whl",
        "write to someone" + "@agency.eu",
    ],
)
def test_a_telltale_is_found(text: str) -> None:
    assert len(telltales(text.encode())) == 1


def test_a_host_is_found_in_binary_content_too() -> None:
    assert telltales(b"\0" + HOSTS[3].encode()) == [HOSTS[3]]


@pytest.mark.parametrize(
    "text",
    ["the tree/root/left", "~/work/x", "c2sp.org/tlog-proof@v1", "@pytest.mark.slow", "ana@example.org", "x@desk.test"],
)
def test_what_gives_nothing_away_passes(text: str) -> None:
    assert telltales(text.encode()) == []
