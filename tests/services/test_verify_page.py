"""The page that verifies in the browser, in a real browser, from file://, over really published folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assent.ledger import Checkpoint, TlogProof, entries_path, hash_leaf, prove_inclusion, sign_checkpoint, tile_path
from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import publish_ledger
from demo_deployments import Deployment, read_picture, search
from ledger.ledger_builders import (
    ORIGIN,
    TreeInMemory,
    a_failed_search,
    a_finished_search,
    a_refused_search,
    a_signing_key,
    a_started_search,
    publish,
)

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# Sockets are open for the one between the test and the browser's driver; the page itself may open none.
pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

PAGE = Path(__file__).parents[2] / "src/assent/services/reports/verify.html"
KEY = a_signing_key()
SEARCHES = 150
ENTRIES = [
    entry.to_bytes()
    for number in range(1, SEARCHES + 1)
    for entry in (
        a_started_search(number),
        a_failed_search(number) if number % 10 == 0 else a_finished_search(number),
    )
] + [a_refused_search(1).to_bytes()]
OLD_SIZE = 256


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    pytest.importorskip("selenium", reason="needs selenium: pip install selenium")
    from selenium import webdriver  # noqa: PLC0415 - only where it is installed

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1440,1000"):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def public(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    (tmp_path / "older").write_bytes(publish(folder, ENTRIES, KEY, [OLD_SIZE, len(ENTRIES)])[0])
    return folder


def check(browser: Chrome, *, vkey: str = KEY.vkey, page: Path = PAGE, **inputs: str) -> tuple[str, str]:
    """Fill the page, press the button, and return the verdict's kind and everything that the page says."""
    from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415 - only where it is installed

    browser.get(page.as_uri())
    browser.find_element("id", "key").send_keys(vkey)
    for name, paths in inputs.items():
        browser.find_element("id", name).send_keys(paths)
    button = browser.find_element("id", "start")
    WebDriverWait(browser, 10).until(lambda _: button.is_enabled())
    button.click()
    WebDriverWait(browser, 60).until(lambda _: verdict_of(browser))
    return verdict_of(browser), browser.find_element("tag name", "main").text


def verdict_of(browser: Chrome) -> str:
    return browser.execute_script("return document.body.dataset.verdict || ''")  # type: ignore[no-untyped-call, no-any-return]


def test_a_published_folder_is_accepted_and_counted(browser: Chrome, public: Path) -> None:
    verdict, text = check(browser, folder=str(public), older=str(public.parent / "older"))

    assert verdict == "good", text
    assert "Signed, complete and unchanged" in text
    assert f"{OLD_SIZE} entries are unchanged." in text
    for count in ("Searches started\n150", "Finished\n135", "Failed\n15", "Result unknown\n0", "Refused\n1"):
        assert count in text


def test_what_a_deployment_publishes_is_accepted_until_it_is_changed(
    browser: Chrome, enrolled: Deployment, tmp_path: Path
) -> None:
    folder = tmp_path / "published"
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
        published = publish_ledger(runtime, folder)
    page = folder / PAGE.name

    accepted = check(browser, vkey=published.vkey, page=page, folder=str(folder))
    next((folder / "tile" / "entries").rglob("*.p/*")).write_bytes(b"")
    refused = check(browser, vkey=published.vkey, page=page, folder=str(folder))

    assert accepted[0] == "good", accepted[1]
    assert f"Entries\n{published.checkpoint.size}" in accepted[1]
    assert refused[0] == "bad"
    assert "is cut off" in refused[1]


def test_the_page_asks_nobody_anything(browser: Chrome, public: Path) -> None:
    check(browser, folder=str(public))

    fetched = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    complaints = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]

    assert fetched == []
    assert complaints == []


def test_a_browser_without_the_signature_says_so_and_checks_the_rest(browser: Chrome, public: Path) -> None:
    forget = "crypto.subtle.importKey = () => Promise.reject(new Error('NotSupportedError'))"
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": forget})
    try:
        verdict, text = check(browser, folder=str(public))
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)

    assert verdict == "part"
    assert "Unchanged, but the signature was not checked" in text
    assert "This browser cannot check Ed25519 signatures" in text


def flip(path: str, place: int) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[place] ^= 1
        (folder / path).write_bytes(data)

    return tamper


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def drop_an_entry_and_sign_again(folder: Path) -> None:
    shutil.rmtree(folder)
    publish(folder, [*ENTRIES[:20], *ENTRIES[22:]], KEY)


def log_something_else(folder: Path) -> None:
    shutil.rmtree(folder)
    publish(folder, [*ENTRIES[:3], b'{"v":1,"actor":"m_aaaaaaaaaaaaaaaa"}'], KEY)


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        pytest.param(flip(entries_path(0), 100), "does not follow from the entries", id="entry"),
        pytest.param(flip(tile_path(0, 0), 40), "tile/0/000 does not follow", id="tile"),
        pytest.param(flip(tile_path(1, 0, 1), 0), "tile/1/000.p/1 does not follow", id="upper tile"),
        pytest.param(flip("checkpoint", -4), "signature", id="signature"),
        pytest.param(remove(tile_path(0, 1, 45)), "tile/0/001.p/45 is missing", id="file removed"),
        pytest.param(drop_an_entry_and_sign_again, "number 11 is missing", id="search dropped by the key's holder"),
        pytest.param(log_something_else, "Entry 3 is not in canonical form", id="no entry"),
    ],
)
def test_a_tampered_folder_is_shown_as_bad(
    browser: Chrome, public: Path, tamper: Callable[[Path], None], said: str
) -> None:
    tamper(public)

    verdict, text = check(browser, folder=str(public))

    assert verdict == "bad"
    assert "This does not hold" in text
    assert said in text


def test_a_rewritten_past_is_shown_as_bad(browser: Chrome, public: Path) -> None:
    shutil.rmtree(public)
    publish(public, [a_refused_search(7).to_bytes(), *ENTRIES], KEY)

    verdict, text = check(browser, folder=str(public), older=str(public.parent / "older"))

    assert verdict == "bad"
    assert "the past was rewritten" in text


def test_another_key_is_shown_as_bad(browser: Chrome, public: Path) -> None:
    verdict, text = check(browser, vkey=a_signing_key(seed=2).vkey, folder=str(public))

    assert verdict == "bad"
    assert "not signed by this key" in text


@pytest.mark.parametrize("is_enclosed", [True, False], ids=["enclosed", "beside"])
def test_one_entry_is_proved_and_another_is_not(browser: Chrome, tmp_path: Path, is_enclosed: bool) -> None:
    tree = TreeInMemory([hash_leaf(entry) for entry in ENTRIES])
    note = sign_checkpoint(Checkpoint(ORIGIN, len(ENTRIES), tree.root), KEY)
    hashes = tuple(prove_inclusion(7, len(ENTRIES), tree.read_node))
    proof, right, wrong = tmp_path / "p.tlog-proof", tmp_path / "entry", tmp_path / "other"
    proof.write_bytes(TlogProof(7, hashes, note, ENTRIES[7] if is_enclosed else None).to_bytes())
    right.write_bytes(ENTRIES[7])
    wrong.write_bytes(ENTRIES[8])

    proved = check(browser, files=str(proof) if is_enclosed else f"{proof}\n{right}")
    refused = check(browser, files=f"{proof}\n{wrong}")

    assert proved[0] == "good"
    assert "Proved" in proved[1]
    assert '"kind": "search.finished"' in proved[1]
    assert refused[0] == "bad"
    assert "not the one that was logged there" in refused[1]
