"""What Assent never does is absent from its source: fetching, filming, inferring attributes (docs/decisions/0001)."""

import ast
import re

import pytest

from architecture.source_reading import (
    Checker,
    Findings,
    at,
    files_below,
    findings_in,
    identifiers_in,
    imports_in,
    is_at_or_below,
    references_in,
    set_of,
    strings_in,
    words_of,
)

FETCHERS = set_of(
    "urllib.request http.client http.server socket socketserver ssl ftplib smtplib imaplib poplib telnetlib xmlrpc "
    "requests httpx aiohttp urllib3 httplib2 pycurl treq websocket websockets grpc paramiko "
    "selenium playwright pyppeteer mechanize scrapy bs4 lxml html5lib feedparser newspaper "
    "yt_dlp youtube_dl gallery_dl instaloader tweepy telethon praw snscrape "
    "boto3 gdown huggingface_hub torch.hub tensorflow_hub wget"
)
FILMERS = set_of("av imageio imageio_ffmpeg ffmpeg decord vidgear moviepy skvideo picamera picamera2")
NEVER = FETCHERS | FILMERS
FILMING = set_of("VideoCapture VideoWriter VideoReader cudacodec")
ATTRIBUTES = set_of(
    "age ages gender genders sex sexes ethnicity ethnicities ethnic race races racial "
    "emotion emotions emotional religion religious nationality attractiveness"
)
NETWORKS = set_of(
    "facebook instagram tiktok twitter linkedin vkontakte snapchat youtube pinterest telegram whatsapp flickr "
    "odnoklassniki weibo reddit tumblr"
)
# The modules that may use the network, each by the imports listed and no other (docs/decisions/0009).
CONNECTING = {
    "src/assent/witness/client.py": frozenset({"http.client"}),
    "src/assent/witness/server.py": frozenset({"http.server"}),
    "src/assent/services/mail_server.py": frozenset({"smtplib", "ssl"}),
    "src/assent/services/sign_in/provider_connection.py": frozenset({"httpx"}),
    "src/assent/web/serving.py": frozenset({"socket"}),  # listens
}
PAGE_KINDS = ("*.html", "*.j2", "*.css", "*.js", "*.svg", "*.mako")
DOWNLOADERS = set_of("curl wget ffmpeg ffprobe yt-dlp youtube-dl gallery-dl aria2c")
ADDRESS = re.compile(r"\b(https?|ftps?|rtsps?|rtmp|wss?|s3|gs)://[^\s\"'<>)]*", re.IGNORECASE)
# Addresses that the source may hold because they are shown or named, never fetched.
ADDRESSES_SHOWN = set_of(
    "http://www.w3.org/2000/svg http://localhost: http://localhost:8000 https://assent.example.org"
)


def fetching_and_filming_imports(text: str) -> Findings:
    """One finding a statement: of `from socket import socket` both the module and the name are forbidden."""
    found = imports_in(ast.parse(text))
    return list({id(node): at(node, module) for node, module in found if is_at_or_below(module, NEVER)}.values())


def connecting_imports(text: str, allowed: frozenset[str]) -> Findings:
    """As above, for one of the modules that may connect: what it may import is no finding."""
    found = [
        (node, module)
        for node, module in imports_in(ast.parse(text))
        if is_at_or_below(module, NEVER) and not is_at_or_below(module, allowed)
    ]
    return list({id(node): at(node, module) for node, module in found}.values())


def filming(text: str) -> Findings:
    found = references_in(ast.parse(text))
    return [at(node, name) for node, name in found if name.split(".")[-1] in FILMING]


def addresses(text: str) -> Findings:
    return [
        at(node, address.group())
        for node, value in strings_in(ast.parse(text))
        for address in ADDRESS.finditer(value)
        if address.group() not in ADDRESSES_SHOWN
    ]


def addresses_in_page(text: str) -> Findings:
    return [address.group() for address in ADDRESS.finditer(text) if address.group() not in ADDRESSES_SHOWN]


def started_downloaders(text: str) -> Findings:
    return [at(node, value) for node, value in strings_in(ast.parse(text)) if set(value.split()[:1]) & DOWNLOADERS]


def inferred_attributes(text: str) -> Findings:
    found = identifiers_in(ast.parse(text))
    return [at(node, name) for node, name in found if ATTRIBUTES & set(words_of(name))]


def social_networks(text: str) -> Findings:
    tree = ast.parse(text)
    named = [*identifiers_in(tree), *strings_in(tree)]
    return [at(node, value) for node, value in named if NETWORKS & set(words_of(value.lower()))]


@pytest.mark.parametrize(
    "checker",
    [filming, addresses, started_downloaders, inferred_attributes, social_networks],
)
def test_the_source_holds_none_of_what_is_never_built(checker: Checker) -> None:
    assert findings_in(files_below("src/assent"), checker) == []


def test_only_the_witness_imports_what_can_connect() -> None:
    files = files_below("src/assent")
    others = tuple(file for file in files if file.path not in CONNECTING)
    connecting = {file.path: file.text for file in files if file.path in CONNECTING}

    assert findings_in(others, fetching_and_filming_imports) == []
    assert connecting.keys() == CONNECTING.keys()
    for path, text in connecting.items():
        assert fetching_and_filming_imports(text), f"{path} need not be listed"
        assert connecting_imports(text, CONNECTING[path]) == []


def test_no_page_names_an_address_to_fetch() -> None:
    pages = tuple(page for kind in PAGE_KINDS for page in files_below("src/assent", kind, may_be_none=True))

    assert pages, "the source holds no page at all"
    assert findings_in(pages, addresses_in_page) == []


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(fetching_and_filming_imports, "import urllib.request", id="urllib"),
        pytest.param(fetching_and_filming_imports, "from urllib import request", id="urllib, by name"),
        pytest.param(fetching_and_filming_imports, "from socket import socket", id="socket"),
        pytest.param(fetching_and_filming_imports, "def f():\n    import requests as r", id="late and renamed"),
        pytest.param(fetching_and_filming_imports, "__import__('httpx')", id="by a string"),
        pytest.param(fetching_and_filming_imports, "import av", id="video"),
        pytest.param(filming, "import cv2\ncv2.VideoCapture(0)", id="camera"),
        pytest.param(filming, "from cv2 import VideoWriter as W\nW()", id="film, renamed"),
        pytest.param(addresses, "fetch('https://example.org/a.jpg')", id="address"),
        pytest.param(addresses, "fetch(f'rtsp://{camera}/live')", id="camera's address"),
        pytest.param(addresses_in_page, '<script src="https://example.org/a.js">', id="page that loads"),
        pytest.param(started_downloaders, "run(['curl', '-O', name])", id="another program fetches"),
        pytest.param(started_downloaders, "run('ffmpeg -i film.mp4')", id="another program films"),
        pytest.param(inferred_attributes, "def estimate_age(face): ...", id="age"),
        pytest.param(inferred_attributes, "class GenderModel: ...", id="gender"),
        pytest.param(inferred_attributes, "face.predictedEmotion", id="emotion"),
        pytest.param(social_networks, "site = 'Instagram'", id="network in a string"),
        pytest.param(social_networks, "def import_facebook_friends(): ...", id="network in a name"),
    ],
)
def test_a_trace_of_it_is_found(checker: Checker, text: str) -> None:
    assert len(checker(text)) == 1


@pytest.mark.parametrize(
    ("checker", "text"),
    [
        pytest.param(inferred_attributes, "page = image.storage_usage(embrace, message)", id="inside other words"),
        pytest.param(addresses, '"""See https://c2sp.org/tlog-tiles."""\n# https://example.org', id="documentation"),
        pytest.param(addresses_in_page, '<svg xmlns="http://www.w3.org/2000/svg">', id="a namespace"),
        pytest.param(fetching_and_filming_imports, "import urllib.parse\nimport email", id="parsing only"),
        pytest.param(started_downloaders, "'curly'", id="longer word"),
    ],
)
def test_what_only_looks_like_it_passes(checker: Checker, text: str) -> None:
    assert checker(text) == []


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param("from http.client import HTTPConnection", 0, id="what it may"),
        pytest.param("from http.client import HTTPConnection\nimport socket", 1, id="a socket besides"),
        pytest.param("from http.server import HTTPServer", 1, id="the other one's"),
        pytest.param("import urllib.request", 1, id="a fetcher that follows redirects and asks proxies"),
    ],
)
def test_a_module_that_may_connect_may_do_so_in_one_way_only(text: str, findings: int) -> None:
    assert len(connecting_imports(text, frozenset({"http.client"}))) == findings
