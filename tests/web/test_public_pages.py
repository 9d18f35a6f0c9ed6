"""The public account and the ledger as everybody gets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assent.ledger import open_checkpoint, tiles_to_write
from assent.services.publish_ledger import publish_ledger
from assent.services.verify_published import Trust, verify_folder
from demo_deployments import read_picture, search
from web.sites import Site, Visit


def download(site: Site, visit: Visit, folder: Path) -> Path:
    """Copy the published ledger as somebody outside would: the checkpoint, then every file that it asks for."""
    note = visit.get("/ledger/checkpoint").content
    checkpoint = open_checkpoint(note, [site.runtime.signing_key.verification_key], site.runtime.deployment.origin)
    for address in tiles_to_write(0, checkpoint.size):
        answer = visit.get(f"/ledger/{address.path}")
        assert answer.status_code == 200
        path = folder / address.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.content)
    (folder / "checkpoint").write_bytes(note)
    return folder


def test_public_page_is_open_to_everybody_and_names_nobody(site: Site) -> None:
    search(site.runtime, site.deployment, read_picture("001", 3))

    page = site.visit().get("/public")

    assert page.status_code == 200
    assert re.search(r"<dt>Searches</dt><dd>1</dd>", page.text)
    assert ">60</td>" in page.text, "the gallery of the only purpose"
    assert not re.search(r"\b[mlps]_[a-z2-7]{16}\b", page.text), "no pseudonym either"
    assert "style=" not in page.text
    assert site.runtime.signing_key.vkey in page.text


def test_small_galleries_are_only_said_to_be_small(bare_site: Site) -> None:
    page = bare_site.visit().get("/public").text

    assert "fewer than 5" in page


def test_what_is_served_is_what_is_published_and_verifies(bare_site: Site, tmp_path: Path) -> None:
    served = download(bare_site, bare_site.visit(), tmp_path / "served")
    publish_ledger(bare_site.runtime, tmp_path / "published")

    verify_folder(served, Trust(bare_site.runtime.signing_key.verification_key))
    for path in (file for file in served.rglob("*") if file.is_file()):
        assert path.read_bytes() == (tmp_path / "published" / path.relative_to(served)).read_bytes()


def test_checkpoint_keeps_up_with_the_ledger(bare_site: Site) -> None:
    visit = bare_site.visit()
    before = visit.get("/ledger/checkpoint").text

    bare_site.as_role("overseer").post_form("/oversight/unusual")

    assert int(visit.get("/ledger/checkpoint").text.split("\n")[1]) == int(before.split("\n")[1]) + 1


def test_tiles_never_change_and_everybody_may_keep_them(bare_site: Site) -> None:
    visit = bare_site.visit()
    size = int(visit.get("/ledger/checkpoint").text.split("\n")[1])

    tile = visit.get(f"/ledger/tile/entries/000.p/{size}")
    checkpoint = visit.get("/ledger/checkpoint")

    assert "immutable" in tile.headers["cache-control"]
    assert "immutable" not in checkpoint.headers["cache-control"]
    assert tile.headers["content-type"] == "application/octet-stream"
    assert tile.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path", ["000", "000.p/9999", "000.p/255", "../checkpoint", "%2e%2e/%2e%2e/etc/passwd", "x001/000", "000.p/01", ""]
)
@pytest.mark.parametrize("level", ["0", "entries", "64", "8"])
def test_paths_that_no_checkpoint_covers_are_not_there(bare_site: Site, level: str, path: str) -> None:
    assert bare_site.visit().get(f"/ledger/tile/{level}/{path}").status_code == 404


def test_verifying_page_runs_only_its_own_script(bare_site: Site) -> None:
    answer = bare_site.visit().get("/ledger/verify.html")

    policy = answer.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "connect-src" not in policy, "nothing may be sent anywhere"


def test_start_page_leads_to_the_public_account(bare_site: Site) -> None:
    assert 'href="/public"' in bare_site.visit().get("/").text
