import pytest

from swarm.commands.book_config import render_config
from swarm.commands.main import parse
from swarm.config import ENV_ABS_TOKEN, UploadConfig
from swarm.errors import UsageError

HOME = ("--abs-server-url", "https://books.example/audiobookshelf/")


def config(*words: str) -> UploadConfig | None:
    return render_config(parse(["convert", "a.epub", *words])).upload


def test_a_server_a_token_and_a_library_are_what_it_takes() -> None:
    found = config(*HOME, "--abs_api_token", "t0ken", "--abs_library_id", "lib-1", "--abs_auto_upload", "--abs_enabled")
    assert found == UploadConfig(server="https://books.example/audiobookshelf", token="t0ken", abs_library_id="lib-1")
    assert config() is None


def test_the_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_ABS_TOKEN, "fr0m-there")
    assert config() is None
    assert config(*HOME) == UploadConfig(server="https://books.example/audiobookshelf", token="fr0m-there")
    assert config(*HOME, "--abs-api-token", "0ther") == UploadConfig(
        server="https://books.example/audiobookshelf", token="0ther"
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (HOME, "needs a token"),
        (("--abs-api-token", "x"), "--abs-server-url is missing"),
        (("--abs-library-id", "x"), "--abs-server-url is missing"),
        ((*HOME, "--abs-api-token", "two words"), "cannot be right"),
        ((*HOME, "--abs-api-token", "x", "--abs-library-id", "a/b"), "takes a library's id"),
        (("--abs-server-url", "books.example", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "ftp://books", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "http://a:9x", "--abs-api-token", "x"), "takes an address such as"),
        (("--abs-server-url", "http://a/?q", "--abs-api-token", "x"), "takes an address such as"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV_ABS_TOKEN, raising=False)
    with pytest.raises(UsageError, match=answer):
        config(*words)


def test_no_secret_is_repeated_in_a_refusal() -> None:
    for words in (
        (*HOME, "--abs-api-token", "s3cret token"),
        ("--abs-server-url", "https://me:s3cret@b", "--abs-api-token", "x"),
    ):
        with pytest.raises(UsageError) as refused:
            config(*words)
        assert "s3cret" not in str(refused.value)
