"""The options for an Audiobookshelf server that audiobooks are uploaded to, named as in ebook2audiobook."""

import argparse
import os
import re
from urllib.parse import urlsplit

from swarm.config import ENV_ABS_TOKEN, UploadConfig
from swarm.errors import UsageError

TOKEN = re.compile(r"[!-~]{1,4096}")
LIBRARY = re.compile(r"[A-Za-z0-9_-]{0,128}")


def add_upload_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the server, which `upload_config` reads."""
    group = parser.add_argument_group("Audiobookshelf")
    group.add_argument(
        "--abs-server-url", metavar="URL", default="", help="the server to upload finished audiobooks to"
    )
    group.add_argument(
        "--abs-api-token",
        metavar="TOKEN",
        default="",
        help=f"the API token of a user who may upload; safer in ${ENV_ABS_TOKEN}",
    )
    group.add_argument(
        "--abs-library-id", metavar="ID", default="", help="the library (default: the only one for books)"
    )
    for name in ("abs-enabled", "abs-auto-upload"):  # the address alone enables uploads
        parser.add_argument(f"--{name}", nargs="?", help=argparse.SUPPRESS)


def upload_config(arguments: argparse.Namespace) -> UploadConfig | None:
    """Build the config from `add_upload_options`; None if nothing is to be uploaded. Raises UsageError."""
    server = arguments.abs_server_url.strip().rstrip("/")
    if not server:
        if arguments.abs_api_token or arguments.abs_library_id:
            raise UsageError("--abs-server-url is missing: the address of the Audiobookshelf server.")
        return None
    token = (arguments.abs_api_token or os.environ.get(ENV_ABS_TOKEN, "")).strip()
    if not token:
        raise UsageError(f"--abs-server-url needs a token: {ENV_ABS_TOKEN} in the environment, or --abs-api-token.")
    if not TOKEN.fullmatch(token):
        raise UsageError(
            "The token of the Audiobookshelf server cannot be right: it has spaces or other invalid characters."
        )
    if not LIBRARY.fullmatch(arguments.abs_library_id.strip()):
        raise UsageError(
            f"--abs-library-id takes a library's id, as its address shows, not {arguments.abs_library_id!r}."
        )
    return UploadConfig(server=_server(server), token=token, abs_library_id=arguments.abs_library_id.strip())


def _server(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # the port is not a number
        return _refuse(text)
    fits = parts.scheme in ("http", "https") and parts.hostname and port != 0 and "@" not in parts.netloc
    plain = text.isascii() and text.isprintable() and " " not in text and not parts.query and not parts.fragment
    return text if fits and plain else _refuse(text)


def _refuse(text: str) -> str:
    shown = re.sub(r"//[^/@]*@", "//", text)  # hides a password
    raise UsageError(f"--abs-server-url takes an address such as https://books.example:13378, not {shown!r}.")
