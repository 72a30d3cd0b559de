import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from messages import printed_by_the_code
from msgspec import inspect
from pages import LINK, OPTION, PAGES, ROOT, SPAN, anchors, blocks, generate, prose, read, sections

import swarm.errors
from swarm import config
from swarm.commands.command_table import ALL
from swarm.commands.main import COMMANDS, make_parser, parse
from swarm.job.record import AnyRecord
from swarm.lease import message
from swarm.lease.envelope import NotLeasing
from swarm.lease.worker.rest import REASONS
from swarm.system import disk

REFERENCE = ROOT / "docs" / "reference"
INDEX = REFERENCE / "README.md"
PROTOCOL = ROOT / "docs" / "design" / "protocol.md"
STATES = ROOT / "docs" / "design" / "states.md"
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
SECURITY, DOCS = ROOT / "tests" / "security.md", ROOT / "docs"
MAX_PAGE_BYTES = 25_000
MAX_WORDS = 80  # rows of the glossary
ELSEWHERE = re.compile(r"/(?:work|tmp|home|root|Users)/|C:\\Users")

PAGE_OF = {command.name: REFERENCE / generate.page_of(command) for command in ALL}


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next((a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)), {})


def options(parser: argparse.ArgumentParser, *, hidden: bool = False) -> set[str]:
    """Return the options of a command and of the commands under it."""
    shown = [action for action in parser._actions if hidden or action.help != argparse.SUPPRESS]
    own = {name for action in shown for name in action.option_strings} - {"-h", "--help"}
    return own.union(*(options(below, hidden=hidden) for below in parsers(parser).values()))


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the words after `e2a-swarm` in each line of a page's shell blocks."""
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            for part in re.split(r"&&|\||;|>", line):
                words = shlex.split(part, comments=True)
                at = next((n for n, word in enumerate(words) if Path(word).name == "e2a-swarm"), None)
                if at is not None:
                    yield words[at + 1 :]


def named_options(command: str) -> set[str]:
    """Return the options that the reference names for a command."""
    page = read(PAGE_OF[command]).partition(generate.MARK)[0]
    rows = [*re.findall(r"^\| (`.*?) \|", page, re.MULTILINE), *re.findall(r"^As for (.*?)$\n\n", page, re.M | re.S)]
    return {name for row in rows for name in OPTION.findall(row)}


def test_the_reference_names_every_option_and_no_other() -> None:
    parser_of = parsers(make_parser())
    assert {command: named_options(command) for command in COMMANDS} == {
        command: options(parser_of[command]) - {"--help-all"} for command in COMMANDS
    }


def test_the_reference_is_what_its_script_writes() -> None:
    differing = [path.name for path, text in generate.pages().items() if read(path) != text]
    assert differing == [], "run: python docs/reference/generate.py"
    assert set(generate.pages()) == set(REFERENCE.glob("*.md"))


def test_the_reference_lists_every_command_and_the_readme_at_most_ten() -> None:
    assert all(f"| [`{command}`](" in read(INDEX) for command in COMMANDS)
    rows = sections(ROOT / "README.md")["Commands"].count("\n| `e2a-swarm ")
    assert 5 < rows <= 10


def test_every_option_named_anywhere_exists() -> None:
    known = options(make_parser(), hidden=True) | {"--help", "--version"}
    spans = [(page_id(page), span) for page in PAGES for span in SPAN.findall(prose(read(page)))]
    spans = [(page, span) for page, span in spans if span.startswith(("--", "e2a-swarm "))]
    named = {(page, option.replace("_", "-")) for page, span in spans for option in OPTION.findall(span)}
    assert {(page, option) for page, option in named if option not in known} == set()


def test_every_command_line_in_a_block_can_be_parsed() -> None:
    lines = {tuple(words) for page in PAGES for words in command_lines(page)}
    assert len(lines) > 50
    assert [line for line in lines if not callable(parse([*line]).run)] == []


def test_the_reference_names_every_variable() -> None:
    variables = {value for name, value in vars(config).items() if name.startswith("ENV_")}
    assert variables
    assert all(f"| `{variable}` |" in read(INDEX) for variable in variables)


def test_the_reference_names_every_exit_code() -> None:
    codes = {value for name, value in vars(swarm.errors).items() if name.startswith("EXIT_")}
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", sections(INDEX)["Exit codes"], re.MULTILINE)}


def structures(kinds: Iterable[inspect.Type]) -> Iterator[type[msgspec.Struct]]:
    """Yield the messages among some types, and all structures in them."""
    for kind in kinds:
        if isinstance(kind, inspect.StructType):
            yield kind.cls
            yield from structures(field.type for field in kind.fields)
        elif isinstance(kind, inspect.UnionType):
            yield from structures(kind.types)
        elif isinstance(kind, inspect.VarTupleType):
            yield from structures([kind.item_type])


TRAVELLING = sorted(
    set(structures([inspect.type_info(message.FromWorker | message.FromCoordinator)])), key=lambda kind: kind.__name__
)


def test_the_protocol_names_every_field_that_travels() -> None:
    rows = {found[1]: found[0] for found in re.finditer(r"^\| `([A-Z]\w+)`.*$", read(PROTOCOL), re.MULTILINE)}
    fields = [(kind.__name__, field.encode_name) for kind in TRAVELLING for field in msgspec.structs.fields(kind)]
    assert [field for field in fields if field[1] not in SPAN.findall(rows[field[0]])] == []


def test_the_table_of_what_holds_a_machine_back_has_each_reason_in_the_order_in_which_they_are_told() -> None:
    page = (DOCS / "lend-a-machine.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`([a-z ]+)`", row.split("|")[1]) for row in page.splitlines() if row.startswith("| `")]
    told = [word for row in rows for word in row]
    assert told[: len(REASONS)] == [cause.value for cause in REASONS]
    assert set(told) == {cause.value for cause in NotLeasing} - {NotLeasing.OTHER.value}


def test_the_protocol_names_no_structure_that_does_not_travel() -> None:
    rows = re.findall(r"^\| `([A-Z]\w+)`", read(PROTOCOL), re.MULTILINE)
    assert sorted(rows) == sorted(kind.__name__ for kind in TRAVELLING)


def test_the_design_names_every_record() -> None:
    assert all(f"`{kind.__name__}`" in sections(STATES)["The journal"] for kind in AnyRecord.__args__)


def test_what_troubleshooting_quotes_is_what_the_code_prints() -> None:
    printed = [*printed_by_the_code(ROOT / "swarm"), *(str(why.fault(ROOT, "…")) for why in disk.BY_ERRNO.values())]
    printed += [str(why.fault(ROOT)) for why in disk.BY_SQLITE.values()]
    quoted = [line for block in blocks(TROUBLESHOOTING, "text") for line in block.splitlines() if line]
    assert len(quoted) > 20
    assert [line for line in quoted if not any(line in text for text in printed)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


def test_every_link_between_pages_leads_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(prose(read(page))) if "://" not in link]
    assert [(page_id(page), link) for page, link in links if not leads_somewhere(page, link)] == []


def test_no_page_names_a_place_of_somebodys_machine() -> None:
    assert [page_id(page) for page in PAGES if ELSEWHERE.search(read(page))] == []


def linked_pages(page: Path) -> set[Path]:
    return {(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(read(page)) if "://" not in link}


def test_every_page_is_reached_from_the_readme() -> None:
    reached, pages = set[Path](), [ROOT / "README.md"]
    while pages:
        page = pages.pop()
        reached.add(page)
        pages += (linked_pages(page) & set(PAGES)) - reached
    assert set(PAGES) - reached == set()


def test_a_page_is_read_in_one_go() -> None:
    assert [page_id(page) for page in PAGES if page.stat().st_size > MAX_PAGE_BYTES] == []


def test_the_glossary_can_be_learnt_in_ten_minutes() -> None:
    words = (DOCS / "design" / "words.md").read_text(encoding="utf-8")
    assert words.count("\n| **") <= MAX_WORDS


def test_each_program_that_is_compared_has_its_version_and_when_it_was_read() -> None:
    rows = [line.strip("| ").split(" | ") for line in read(DOCS / "comparison.md").splitlines()]
    heads = [row for row in rows if row[0] == "e2a-swarm"]
    said = [row[2:] for row in rows if row[0] == "version, read"]
    assert len(said) == len(heads) > 1
    assert [cell for row in said for cell in row if not re.fullmatch(r".*\d.*, [A-Z][a-z]{2} 20\d\d", cell)] == []
    assert [len(row) for row in said] == [len(head) - 1 for head in heads]


def test_no_page_denies_what_is_here() -> None:
    denial = re.compile(r"there is no (web |such )?(page|image|member)\b|no image yet|page to click on", re.IGNORECASE)
    assert [page_id(page) for page in PAGES if denial.search(prose(read(page)))] == []


def test_troubleshooting_has_some_words_of_each_message_in_its_index() -> None:
    head, *parts = read(DOCS / "troubleshooting.md").split("\n## ")
    index = " ".join(head.split())
    rows = {row.partition("]")[0]: row.partition("): ")[2].split(" · ") for row in index.split("- [")[1:]}
    lines = [
        (part.partition("\n")[0], line)
        for part in parts
        for block in re.findall(r"^```text\n(.*?)\n```$", part, re.M | re.S)
        for line in block.splitlines()
    ]
    assert len(lines) > 70
    assert not [line for name, line in lines if not any(words.strip() in line for words in rows.get(name, ()) if words)]


@pytest.mark.skipif(sys.platform == "win32", reason="bash reads it")
def test_the_checks_run_the_readmes_own_line() -> None:
    script = ROOT / ".ci" / "run"
    subprocess.run(["bash", "-n", str(script)], check=True)
    (pattern,) = re.findall(r"grep -m1 -- '(.+?)' README\.md", script.read_text())
    lines = [line for line in read(ROOT / "README.md").splitlines() if re.search(pattern, line)]
    assert lines == [
        "python3 -m venv .venv && .venv/bin/pip install -q --no-compile '.[test]' && .venv/bin/python -m pytest"
    ]
    split = re.findall(r"^line=\$\{.*$", script.read_text(), re.MULTILINE)
    told = ["bash", "-c", f'line=$1\n{split[0]}\nprintf \'%s\\n\' "$install" "$tests"', "-", lines[0]]
    steps = subprocess.run(told, check=True, capture_output=True, text=True).stdout.splitlines()
    assert steps == [".venv/bin/pip install -q --no-compile '.[test]'", ".venv/bin/python -m pytest"]
    assert 'eval "$tests tests' in script.read_text()  # slow tests run where tests are named


def test_each_line_of_what_strangers_cannot_do_names_tests_that_exist() -> None:
    table = read(DOCS / "security.md").partition("| who | can | cannot | shown by |\n")[2].partition("\n\n")[0]
    assert not [line for line in table.splitlines()[1:] if not re.search(r"\| `test_\w+`(, `test_\w+`)* \|$", line)]
    named = set(re.findall(r"`(test_\w+)`", "\n".join(map(read, (SECURITY, *sorted(DOCS.glob("security*.md")))))))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(table.splitlines()) > 25 and len(named) > 60
    assert not {name for name in named if f"def {name}(" not in sources}


INSTALL = re.compile(r"(?<!and )\b(?:pip3?|pipx|uv tool|uv pip) install((?: +[^\s`|&;#]+)+)")
SAID = ("README.md", "Dockerfile", "compose.yaml", "develop.py", "docs", "swarm", "packaging", "examples", "systemd",
        "containers")  # fmt: skip
PACKAGE = re.compile(r"['\"]?([A-Za-z][\w-]*)(?:\[|['\",)=<>]|$)")


def test_nobody_is_told_to_install_a_name_that_strangers_could_register() -> None:
    """Let an installer be given files, folders, and packages that the program itself needs; never its own name."""
    ours = set(re.findall(r'^ *"([A-Za-z][\w-]*)', read(ROOT / "pyproject.toml"), re.MULTILINE)) - {"e2a-swarm"}
    files = [file for name in SAID for file in [ROOT / name, *(ROOT / name).rglob("*")] if file.is_file()]
    texts = {page_id(file): file.read_bytes().decode(errors="ignore") for file in files if file.suffix != ".pyc"}
    given = [(name, word) for name, text in texts.items() for words in INSTALL.findall(text) for word in words.split()]
    given = [(name, word) for name, word in given if word != "copy"]  # a value of --link-mode
    assert len(given) > 20
    assert [(name, word) for name, word in given if (said := PACKAGE.match(word)) and said[1] not in ours] == []
