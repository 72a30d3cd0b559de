"""Every command: what it does, its options, its examples. What several commands share is in `option_table.py`."""

from swarm.commands.option import Command, Option, Sheet, sheet
from swarm.commands.option_table import (
    ALLOW_SLEEP,
    ASSETS_LIMIT,
    BOOKS,
    COMMON_SOUND,
    COORDINATOR,
    DEVICES,
    FILE,
    JOB,
    LANGUAGE,
    LICENCE_OPTIONS,
    LOG,
    MIN_WORKERS,
    MODELS_DIR,
    NETWORK,
    OFFLINE,
    QUEUED,
    READING,
    REFUSED,
    RENDERING,
    SEAT,
    SERVER_OPTIONS,
    STATE_DIR,
    TERMINAL,
    TTS_ENGINE,
    VERBOSE,
    VOICE_OPTIONS,
    json_option,
    quiet_option,
)

REST = "tags, loudness, subtitles, notes, models, upload, ..."

MACHINE = sheet(
    "machine", *DEVICES,
    Option(
        "--workers", "auto|N|gpu:N,cpu:N", "how many segments to speak at a time", default="auto",
        usual="auto, one on each GPU and core, if memory allows",
        more="`gpu:2,cpu:4` is a number for [each kind of device](../lan.md#slots-and-devices).",
    ),
    *VOICE_OPTIONS,
    Option("--slots", refusal="say --workers N, the number of segments that are spoken at a time."),
)  # fmt: skip


def _alone(job: Sheet) -> Sheet:
    """Return the options of a job for a command that is its own only worker."""
    hidden = MIN_WORKERS._replace(help="", instead="`coordinate --min-workers N`")
    return job._replace(options=tuple(hidden if option is MIN_WORKERS else option for option in job.options))


ALONE = tuple(_alone(sheet) if sheet is JOB else sheet for sheet in RENDERING)
DOWNLOADS = Sheet("voices", (OFFLINE,))
CONVERTING = (BOOKS, *ALONE, MACHINE, TERMINAL)
CONVERT = Command(
    "convert",
    "Turn books into audiobooks on this machine. The same command resumes where it was interrupted.",
    (
        "e2a-swarm convert book.epub",
        "e2a-swarm convert book.epub --output-dir ~/Audiobooks --chapters 1-3",
        "e2a-swarm convert roman.epub --language fr --workers 4",
        "e2a-swarm convert ~/Books",
    ),
    CONVERTING,
    line="turn a book into an audiobook on this machine",
    common=(
        "BOOK", *COMMON_SOUND, "--output-format", "--split", "--output-dir", "--chapters", "--workers", "--gpu",
        "--quiet",
    ),
    rest=REST,
    usage="[OPTION...] BOOK...",
)  # fmt: skip
COORDINATE = Command(
    "coordinate",
    "Share books with every machine of the swarm; ends when the audiobooks are written. The same command resumes "
    "where it was interrupted.",
    (
        "e2a-swarm coordinate book.epub",
        "e2a-swarm coordinate one.epub two.epub --output-dir ~/Audiobooks",
        "e2a-swarm coordinate book.epub --min-workers 3 --port 5900",
        "e2a-swarm join CODE                     on every other machine, once",
        "e2a-swarm work                          on every other machine, from then on",
    ),
    (BOOKS, *RENDERING, DOWNLOADS, NETWORK, TERMINAL),
    line="share books with the machines of the swarm",
    common=(
        "BOOK", *COMMON_SOUND, "--output-format", "--split", "--output-dir", "--chapters", "--min-workers", "--port",
        "--quiet",
    ),
    rest=REST,
    usage="[OPTION...] BOOK...",
)  # fmt: skip
SPEAK = Option(
    "--speak", "", "speak on this machine, too, as `e2a-swarm work` does",
    more="The page has the switch of it under *Machines*.",
)  # fmt: skip
QUEUE = sheet(
    "queue",
    Option(
        "--watch", "DIR", "add the books that come into this folder", is_list=True,
        more="[How](../queue.md#a-folder-that-is-watched).",
    ),
    Option(
        "--notify", "URL",
        "tell this address, as Apprise writes it, which books are finished and what cannot go on", is_list=True,
        more="`E2A_SWARM_NOTIFY` names some too, out of sight of other users. [More](../queue.md#notices).",
    ),
    Option(
        "--wake-above", "30m|off", "wake machines that may be woken while there is more work than this", default="30m",
        usual="30m", more="Those that were started with `work --may-wake`.",
    ),
)  # fmt: skip
WEB = sheet(
    "web",
    Option(
        "--web", "HOST:PORT|off", "where the page and the interface for programs listen",
        usual="127.0.0.1:5848 or the next free port",
        more="Only programs of this machine reach the default; elsewhere [the page](../page.md) asks for a "
        "password.",
    ),
    Option(
        "--web-password", "", "ask for the password of the page on this machine, too",
        more="For a page behind a proxy.",
    ),
    Option("--web-prefix", "PATH", "the path at which a proxy serves the page: /audiobooks"),
    Option(
        "--web-proxy", "ADDRESS",
        "a proxy that is believed when it says from where and how a request came", is_list=True,
        more="Its address, or that of its network: `127.0.0.1`, `172.18.0.0/16`. It has to set "
        "`X-Forwarded-For` and `X-Forwarded-Proto`, as in [the page](../page.md#behind-a-proxy).",
    ),
    Option(
        "--price", "ENGINE=AMOUNT",
        "what an engine that is paid charges for a million characters, for the estimates of the page: "
        '"openai=15 USD"',
        is_list=True,
    ),
    Option("--web-cert", "FILE", "a certificate with its chain, for TLS"),
    Option("--web-key", "FILE", "the key of that certificate"),
)  # fmt: skip
SERVE = Command(
    "serve",
    "Share the books of a queue with every machine of the swarm, one after the other, until stopped. `e2a-swarm add` "
    "puts books into it; the options here hold for all that say nothing else. The next start goes on where this one "
    "stopped.",
    (
        "e2a-swarm serve --speak --output-dir ~/Audiobooks",
        "e2a-swarm add book.epub       on any machine of the swarm",
        "e2a-swarm work                on every other machine that speaks",
    ),
    (
        *RENDERING,
        sheet("queue", SPEAK, *QUEUE.options),
        WEB,
        DOWNLOADS,
        NETWORK,
        TERMINAL._replace(options=(quiet_option(), VERBOSE, json_option("print progress as JSON lines"), LOG)),
    ),
    line="share a queue of books with the machines of the swarm, until stopped",
    common=(
        *("--speak", "--output-dir", "--watch", "--web"),
        *(*COMMON_SOUND, "--output-format", "--split", "--port", "--quiet"),
    ),
    rest=REST,
    usage="[OPTION...]",
    values={"books": [], "ebook": [], "ebooks_dir": ""},
)  # fmt: skip
ADD = Command(
    "add",
    "Add books to the queue of the swarm's `e2a-swarm serve`. The book is sent there, so this machine may go to "
    "sleep afterwards. What is not said here is as `serve` was told.",
    (
        "e2a-swarm add book.epub",
        "e2a-swarm add *.epub --voice heart --split 6h",
        "e2a-swarm add book.epub --coordinator server.local",
    ),
    (BOOKS, *QUEUED, SEAT, sheet("terminal", STATE_DIR)),
    line="add books to the queue of `serve`, from any machine of the swarm",
    common=("BOOK", *COMMON_SOUND, "--split", "--chapters", "--coordinator"),
    rest=REST,
    usage="[OPTION...] BOOK...",
)  # fmt: skip
WORK = Command(
    "work",
    "Find the coordinators of this machine's swarm and speak for them until stopped. Ctrl-C finishes the sentences "
    "under way; a second Ctrl-C stops at once.",
    (
        "e2a-swarm work                               on the GPUs and the cores",
        "e2a-swarm work --gpu 0 --slots gpu:2,cpu:0   none on the cores",
        "e2a-swarm work --cpu --slots 4",
        "e2a-swarm work --gpu all --hours 22-7 --idle-only",
        "e2a-swarm work --coordinator laptop:5847 --exit-when-done",
        "e2a-swarm work --for 55m --exit-when-idle 5m --tag spot  on a rented machine",
    ),
    (
        sheet(
            "machine", *DEVICES,
            Option(
                "--slots", "auto|N|gpu:N,cpu:N", "engines on each GPU and on the cores, or one number for each kind",
                default="auto", usual="auto, what fits", more="[How many](../lan.md#slots-and-devices).",
            ),
            Option("--name", "NAME", "the name of this machine", usual="its host name"),
            Option(
                "--standby", "", "keep a copy of each book, for `e2a-swarm take-over`",
                more="[When the coordinator dies](../standbys.md).",
            ),
            Option(
                "--automatic", "3m", nargs="?", const="3m", default=None, usual="3m",
                help="with --standby: take books over by itself after so long without a word from their coordinator, "
                "if most other standbys with --automatic hear nothing either",
                more="[More](../standbys.md#taking-over-by-itself).",
            ),
            Option("--output-dir", "DIR", "where audiobooks go that --automatic finishes", default=".", usual="here"),
            Option(
                "--may-wake", "", "let the queue of `serve` wake this machine for work",
                more="By Wake-on-LAN, which its firmware has to allow. "
                "[More](../lend-a-machine.md#a-machine-that-is-woken).",
            ),
            Option(
                "--sleep-after", "10m", "with --may-wake: once woken, sleep again after so long without work",
                usual="10m",
            ),
            ALLOW_SLEEP, STATE_DIR,
        ),
        sheet("voices", Option("--engines", "NAME,...", "speak with these engines only"), *VOICE_OPTIONS, ASSETS_LIMIT),
        sheet(
            "limits",
            Option(
                "--hours", "22-7", "work only at these hours, local time, such as 22:30-7,12-13",
                more="On GPUs and CPUs. Spans may go over midnight.",
            ),
            Option(
                "--idle-only", "", "work only while nobody uses the machine, and on a GPU no other program (NVIDIA)",
                more="It resumes three minutes after the last key or move of the mouse, a minute after other programs "
                "have left the GPU. Drawing a desktop does not count.",
            ),
            Option(
                "--max-temperature", "C", "let a CPU or GPU cool down above this temperature",
                more="Until it has cooled by 5 degrees. GPUs of NVIDIA, and what Linux shows of others.",
            ),
            Option("--on-battery", "", "work on the battery, too"),
            Option(
                "--priority", "low|normal", "low: all other programs of the machine come first", default="low",
                choices=(("low", ""), ("normal", "")),
            ),
            Option(
                "--no-orders", "", "let no other machine pause, limit or drain this one",
                more="[Orders](../queue.md#machines).",
            ),
            Option("--no-standby", instead="nothing: only its own user has a machine keep copies of books"),
            about="a slot that may not work finishes its sentence, returns its lease, and resumes by itself",
        ),
        sheet(
            "network", *SEAT.options,
            Option(
                "--exit-when-done", "",
                "leave once every coordinator served has ended: finished or interrupted, not for a fault",
                more="On a machine without a key it ends at once with exit code 69; plain `work` waits for a key.",
            ),
        ),
        sheet(
            "rented machines",
            Option(
                "--for", "55m", "stay so long at most", dest="for_",
                more="A minute before, it takes nothing new and finishes its sentences. `1h30m`, `90s`, `2d`.",
            ),
            Option("--exit-when-idle", "5m", "leave after so long without work"),
            Option("--tag", "WORD", "a word that status shows with it, such as spot"),
            about="such a worker finishes its sentences and leaves by itself",
        ),
        sheet("terminal", quiet_option("print only errors"), VERBOSE, LOG),
        sheet("refused", Option("--workers", refusal="say --slots N, the number of engines on each device.")),
    ),
    line="speak for the coordinators of the swarm until stopped",
    common=(
        "--gpu", "--cpu", "--slots", "--name", "--hours", "--idle-only", "--coordinator", "--exit-when-done", "--quiet",
    ),
    rest="models, limits, sleep, ...",
    usage="[OPTION...]",
)  # fmt: skip
INSPECT = Command(
    "inspect",
    "Read a book and show what would be spoken, and what would be left out and why.",
    ("e2a-swarm inspect book.epub", "e2a-swarm inspect book.epub --text | less"),
    (
        sheet(
            "inspect",
            Option("book", "BOOK", "a book: EPUB, text, HTML, Markdown; others by Calibre"),
            Option("--text", "", "print the text too, one segment a line, as it would be spoken"),
            Option(
                "--names", "", "list the names and how they will be said, as a file for --lexicon",
                more="200 at most, by frequency, in IPA and readable.",
            ),
            Option("--cast", "", "list who says what, and how surely, as a file for --cast"),
            LANGUAGE,
            TTS_ENGINE._replace(help="read the book for this engine", usual=""),
        ),
        READING.without("--credits"),
        sheet(
            "terminal",
            quiet_option("with --text: print only the text"),
            VERBOSE,
            json_option("print one JSON value"),
        ),
    ),
    line="chapters, words and estimated length; what would be left out and why",
)  # fmt: skip

CHAPTER_REASON = "preview speaks the beginning of one chapter: use --chapter."
SHORT_REASON = "preview writes one short file: use this option with `e2a-swarm convert`."
NOT_IN_PREVIEWS = {
    "--chapters": CHAPTER_REASON,
    **dict.fromkeys(
        ("--split", "--keep-chapters", "--read-along-words", "--read-along", "--report", "--beside", "--credits"),
        SHORT_REASON,
    ),
}


def _for_previews(sheet: Sheet) -> Sheet:
    """Return a sheet whose options that mean nothing in a preview are hidden; the command refuses them."""
    hidden = [each._replace(help="") if each.name in NOT_IN_PREVIEWS else each for each in sheet.options]
    return sheet._replace(options=tuple(hidden))


PREVIEW = Command(
    "preview",
    "Speak the beginning of a chapter with the options of convert, to hear a voice before the whole book is spoken.",
    (
        "e2a-swarm preview book.epub",
        "e2a-swarm preview book.epub --chapter 3 --voice heart --speed 0.9",
        "e2a-swarm preview book.epub --voice all",
        "e2a-swarm preview book.epub --name Queequeg --lexicon names.txt",
    ),
    (
        Sheet(
            "preview",
            (
                Option("--chapter", "N", "which chapter, as `e2a-swarm inspect` counts", default="1"),
                Option("--name", "WORD", "speak sentences that have this name or word instead"),
                Option(
                    "--seconds", "S", "about how long", default="30", more="The heading and one sentence at least."
                ),
            ),
        ),
        *map(_for_previews, CONVERTING),
    ),
    line="the first 30 seconds of a chapter, on this machine",
    common=("--chapter", "--name", "--seconds", *(name for name in CONVERT.common if name not in NOT_IN_PREVIEWS)),
    rest=REST,
    usage="[OPTION...] BOOK",
)  # fmt: skip
REDO = Command(
    "redo",
    "Speak some sentences of an audiobook again, differently if the engine can, and rewrite it. Its voice and options "
    "are known from the report beside it.",
    (
        'e2a-swarm redo "Title - Author.m4b" --at 1:23:45',
        'e2a-swarm redo "Title - Author.m4b" --text "the Colonel" --say "the kernel"',
    ),
    (
        Sheet(
            "what to speak again",
            (
                Option("--at", "1:23:45", "the sentence heard then in FILE", is_list=True),
                Option("--text", "WORDS", "sentences with WORDS or a /pattern/", is_list=True),
                Option("--all", "", "with --text: also if more than 20 sentences have that"),
                Option(
                    "--segments", "3:12-15", "chapter and sentences, as reports count; or 3/12",
                    more="[How they count](README.md#how-chapters-and-sentences-count).",
                ),
                Option("--chapter", "N", "a whole chapter", is_list=True),
                Option("--doubtful", "", "all sentences that the report calls doubtful"),
                Option("--recast", "NAME=VOICE", "let a character speak with another voice"),
                Option("--rename", "NAME=OTHER", "call a character otherwise, or join two as one"),
                Option("--speaker", "NAME", "this character, or narrator, says the chosen sentences"),
                Option("--say", "WORDS", 'other words for the one sentence; "": as written', default=None),
                Option("--dry-run", "", "only show which sentences are meant"),
            ),
        ),
        BOOKS._replace(
            options=(
                BOOKS.options[0]._replace(
                    value="FILE|BOOK", help="a finished audiobook, or the book it was made of", more=""
                ),
                *BOOKS.options[1:],
            )
        ),
        *(sheet.without("--text") if sheet is REFUSED else sheet for sheet in ALONE),
        MACHINE,
        TERMINAL,
    ),
    line="speak some sentences of an audiobook again, on this machine",
    common=(
        "--at", "--text", "--segments", "--chapter", "--doubtful", "--recast", "--rename", "--speaker", "--say",
        "--dry-run",
        "FILE|BOOK",
    ),
    rest="loudness, subtitles, models, upload, ...",
    usage="[OPTION...] FILE|BOOK",
    marks_defaults=True,
)  # fmt: skip
VERIFY = Command(
    "verify",
    "Have a speech recogniser listen to the sentences of a book that are spoken, finished or not, and tell which it "
    "hears otherwise. Nothing is spoken; `redo --doubtful` does that.",
    (
        'e2a-swarm verify "Title - Author.m4b"',
        "e2a-swarm verify book.epub --sample",
        "e2a-swarm verify book.epub --cross-check 1%   without a recogniser",
    ),
    options=(
        Option("book", "FILE|BOOK|JOB", "an audiobook, the book it was made of, or a job's name"),
        Option("--sample", "", "listen to a tenth, and to more after what is doubtful"),
        Option(
            "--cross-check", "1%",
            "instead, speak so much of each worker's sentences again on this machine, compare them, and name workers "
            "that speak otherwise",
            more="It needs the book's engine here; one that samples (XTTS and the like) may sound otherwise on "
            "another kind of device.",
        ),
        Option("--offline", "", "do not download the recogniser"),
        STATE_DIR,
        VERBOSE,
        json_option("print one JSON value"),
    ),
    line="listen to what was spoken already, and tell what may be wrong",
)  # fmt: skip
STATUS = Command(
    "status",
    "Ask every coordinator of this machine's swarm what it and its workers are doing; where the queue of `serve` is on "
    "this machine, that one alone. A `convert` works alone and is none of them: `e2a-swarm jobs` lists it. Exit code "
    "0, even if none is found; 69 if none answers while this machine has a copy of an unfinished book (`e2a-swarm "
    "take-over`), if the one of --coordinator does not answer, or if this machine has no key and --open is not given.",
    ("e2a-swarm status", "e2a-swarm status --json", "e2a-swarm status --coordinator laptop.local:5847"),
    (
        sheet("output", json_option("print a JSON list with an entry for each coordinator")),
        SEAT,
        sheet("state", STATE_DIR),
    ),
    line="show what the coordinators of the swarm are doing",
)  # fmt: skip

# --- orders

BOOK = "the number, title or file name of a book, as `e2a-swarm status` lists it"
MACHINE_NAME = "the name of a machine, or the fingerprint of its key"
EITHER = f"{BOOK}; or {MACHINE_NAME}"
OF_BOOK = "It is for the machine that added the book, the one that serves it, and the owner's of the swarm."
OF_MACHINE = "It is for that machine itself and the owner's of the swarm; `work --no-orders` refuses it."
OF_EITHER = (
    "A book obeys the machine that added it and the one that serves it, a machine itself; both the swarm's owner."
)


def _order(name: str, about: str, target: str, example: str, number: Option | None = None) -> Command:
    """Return a command that orders something of a book or a machine; the line of `pause` stands for all of them."""
    line = "pause a book or machine; also: resume, move, cancel, drain, limit, remove" if name == "pause" else ""
    taken = (Option("target", "WHAT", target), *([number] if number else []))
    who = {BOOK: OF_BOOK, MACHINE_NAME: OF_MACHINE}.get(target, OF_EITHER)
    sheets = (Sheet("order", taken), SEAT, Sheet("state", (STATE_DIR,)))
    return Command(
        name,
        f"{about} {who}",
        (f"e2a-swarm {example}",),
        sheets,
        line,
        module="status",
        function="run_order",
        values={"action": name},
    )


PLACE = Option("count", "N", "its new place among those that wait", nargs="?", default="1", usual="1")
SLOTS = Option("count", "N", "how many slots may speak; 0 is a pause")
ORDERS = (
    _order("pause", "Pause a book of the queue, or a machine.", EITHER, "pause 3"),
    _order("resume", "Let a book or a machine go on; take up a book that failed or was cancelled.", EITHER, "resume 3"),
    _order("move", "Move a book of the queue.", BOOK, "move 3 1", PLACE),
    _order("cancel", "Stop speaking a book. What is spoken of it stays.", BOOK, "cancel 3"),
    _order("drain", "Let a machine finish its sentences and leave the swarm.", MACHINE_NAME, "drain attic"),
    _order("limit", "Let a machine speak with fewer slots.", MACHINE_NAME, "limit attic 2", SLOTS),
    _order("remove", "Take a book off the list of the queue. Its job and audiobook stay.", BOOK, "remove 3"),
)

# --- jobs

JOB_NAME = Option("name", "NAME", "the job's name, as `e2a-swarm jobs` prints it")
JOBS_FOLDER = STATE_DIR._replace(help="the folder with the jobs", usual="")
JOBS = Command(
    "jobs",
    "A job is one book in one voice. It stays here until it is removed, so that the same command resumes it, and a "
    "new edition of the book speaks only new sentences.",
    (
        "e2a-swarm jobs",
        "e2a-swarm jobs --json",
        "e2a-swarm jobs remove NAME",
        "e2a-swarm jobs prune --older 30d --dry-run",
        "e2a-swarm jobs export NAME --to /media/stick/NAME",
        "e2a-swarm jobs import /media/stick/NAME",
    ),
    options=(json_option("print the list as JSON"), STATE_DIR),
    line="list the jobs on this machine, remove some, or take them to another machine",
    actions=(
        Command(
            "remove",
            "Remove jobs, and the sound that no other job needs. Finished audiobooks stay.",
            ("e2a-swarm jobs remove NAME", "e2a-swarm jobs remove NAME OTHER-NAME"),
            options=(JOB_NAME._replace(name="names", nargs="+", default=None), JOBS_FOLDER),
            function="run_remove",
        ),
        Command(
            "prune",
            "Remove every finished job that no command has worked on for a time, and the sound that no other job "
            "needs, without asking. Finished audiobooks stay.",
            (
                "e2a-swarm jobs prune --older 30d --dry-run",
                "e2a-swarm jobs prune --older 8w",
                "e2a-swarm jobs prune --older 12h --unfinished",
            ),
            options=(
                Option("--older", "AGE", "how long no command has worked on it: 12h, 30d, 8w", required=True),
                Option("--unfinished", "", "remove unfinished jobs too"),
                Option("--dry-run", "", "only show what would be removed"),
                JOBS_FOLDER,
            ),
            function="run_prune",
        ),
        Command(
            "export",
            "Copy a job into a folder: its book, its settings and every sentence that is spoken. On another machine "
            "`e2a-swarm jobs import` takes it, and the same command goes on there. The folder may hold several jobs.",
            ("e2a-swarm jobs export NAME", "e2a-swarm jobs export NAME --to /media/stick/NAME"),
            options=(
                JOB_NAME,
                Option("--to", "FOLDER", "the folder for it", usual="NAME in this folder"),
                JOBS_FOLDER,
            ),
            function="run_export",
        ),
        Command(
            "import",
            "Take jobs that `e2a-swarm jobs export` wrote, or all of another state folder. What is damaged is spoken "
            "again. A job that is here already gets the sentences that it lacks. They count for that book alone until "
            "`e2a-swarm verify` has listened to them.",
            ("e2a-swarm jobs import NAME", "e2a-swarm jobs import /mnt/laptop/e2a-swarm"),
            options=(
                Option("folders", "FOLDER", "a folder that `e2a-swarm jobs export` wrote", nargs="+", default=None),
                JOBS_FOLDER,
            ),
            function="run_import",
        ),
    ),
)  # fmt: skip
TAKE_OVER = Command(
    "take-over",
    "Coordinate a book, or serve a queue, from a copy: that of a standby, or the state folder of the machine that had "
    "it. The workers follow; the old coordinator stops if it comes back. A queue is served as `serve` did there, with "
    "its books, their order and settings, the addresses of its feeds and the password of its page; what is said here "
    "goes before its options.",
    (
        "e2a-swarm take-over                   the only unfinished queue or book",
        "e2a-swarm take-over moby-dick-1a2b3c4d5e",
        "e2a-swarm take-over queue-0123456789abcdef --web 0.0.0.0:80",
        "e2a-swarm take-over --from /mnt/laptop/e2a-swarm",
    ),
    (
        sheet(
            "job",
            Option(
                "job", "JOB|QUEUE", "its name, as `e2a-swarm jobs` and, for a queue, `e2a-swarm status` show it",
                nargs="?",
            ),
            Option(
                "--from", "FOLDER", "the state folder that has it", dest="source",
                usual="the copies of a standby, else this machine's own", more="It is only read.",
            ),
            Option("--output-dir", "DIR", "where the audiobooks go", default=".", usual="here"),
            ALLOW_SLEEP, STATE_DIR,
        ),
        FILE,
        QUEUE._replace(about="for a queue alone"),
        WEB._replace(about="for a queue alone"),
        NETWORK,
        TERMINAL,
    ),
    line="go on with the queue or the book of a coordinator that is gone",
    module="coordinate",
    function="run_take_over",
    common=("JOB|QUEUE", "--from", "--output-dir", "--output-format", "--split", "--port", "--state-dir", "--quiet"),
    rest="tags, loudness, subtitles, network, ...",
    usage="[OPTION...] [JOB|QUEUE]",
)  # fmt: skip

# --- the swarm

JOIN = Command(
    "join",
    "The code is printed by the first `e2a-swarm coordinate` of a swarm, and by `e2a-swarm key`. It is kept on this "
    "machine, for this user only. After that, `e2a-swarm work` needs no options.",
    ("e2a-swarm join e2a-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX", "ssh laptop e2a-swarm key --code | e2a-swarm join"),
    options=(
        Option(
            "code", "CODE", "the swarm's code; read from standard input if it is - or missing", nargs="*", default=None,
            more="Case, spaces and dashes of the code do not matter.",
        ),
        Option("--replace", "", "leave the swarm that this machine is in"),
        COORDINATOR._replace(help="where to ask whether an invite is still open"),
        STATE_DIR,
    ),
    line="enter a swarm with its code",
)  # fmt: skip
KEY = Command(
    "key",
    "A machine with the key can join the swarm and read its books: show it to friends only. After a rotation every "
    "machine has to join again with the new code. An invite is a code for one machine and for a time; a coordinator "
    "of this machine lets it in.",
    (
        "e2a-swarm key",
        "e2a-swarm key --code",
        "e2a-swarm key --make",
        "e2a-swarm key --invite 15m",
        "e2a-swarm key --revoke-invite",
        "e2a-swarm key --rotate",
    ),
    options=(
        Option("--make", "", "make a key if this machine has none", rivals="actions"),
        Option("--rotate", "", "replace the key by a new one", rivals="actions"),
        Option(
            "--invite", "15m", "make a code for one machine, good for so long", rivals="actions",
            more="A minute to seven days (`7d`), six at a time.",
        ),
        Option(
            "--revoke-invite", "ID", nargs="?", const="all", rivals="actions",
            help="take an open invite back, as `e2a-swarm members` names it (without ID: all that are open)",
            more="A machine that came in by one before stays a member.",
        ),
        Option("--code", "", "print only the code", rivals="shapes"),
        json_option("print as JSON")._replace(rivals="shapes"),
        STATE_DIR,
    ),
    line="show, make or rotate the key of this machine's swarm",
)  # fmt: skip
KEY_FOLDER = STATE_DIR._replace(help="the folder with the key", usual="")


def _approval(name: str, about: str) -> Command:
    return Command(
        name,
        f"{about} that waits at a coordinator which was started with --approve. It works on any machine that is a "
        "member.",
        (f"e2a-swarm members {name} new-laptop", f"e2a-swarm members {name} 0123456789abcdef"),
        (
            Sheet(
                name,
                (
                    Option(
                        "name",
                        "NAME",
                        "its name or fingerprint, as its own terminal and that of the coordinator print it",
                    ),
                    COORDINATOR._replace(help="where it waits", usual="all that are found by mDNS"),
                    KEY_FOLDER,
                ),
            ),
        ),
        function="run_approval",
        values={"action": name},
    )


MEMBERS = Command(
    "members",
    "Show the machines of the swarm, as this one knows them: name, since when, last seen, fingerprint of its key, "
    "and which member admitted it. `members remove NAME`, on the owner's machine, puts one out at once: the swarm "
    "gets a new code, which all other members get by themselves.",
    ("e2a-swarm members", "e2a-swarm members --json", "e2a-swarm members remove old-laptop"),
    options=(json_option("print as JSON"), STATE_DIR),
    line="show who is in the swarm, or put a machine out",
    actions=(
        _approval("approve", "Let a machine in"),
        _approval("refuse", "Refuse a machine"),
        Command(
            "remove",
            "Put a machine out of the swarm at once. This is for the owner's machine: the one whose coordinator the "
            "first other machine met. The swarm gets a new code, and all other members get it by themselves, as soon "
            "as they are in reach.",
            ("e2a-swarm members remove old-laptop", "e2a-swarm members remove 0123456789abcdef"),
            options=(
                Option("name", "NAME", "its name or fingerprint, as `e2a-swarm members` prints it"),
                Option(
                    "--with-those-it-admitted",
                    help="put out with it all machines that came in by it, and by those",
                    more="One member lets in 20 machines at most, those that came in by them counted; the machine of "
                    "the swarm's owner lets in more.",
                ),
                KEY_FOLDER,
            ),
            function="run_remove",
        ),
        Command(
            "unite",
            "Give up the list of members that was begun on this machine for one that was begun on another, where two "
            "machines of the swarm each began one. The members of this list come along, by themselves. Compare the "
            "fingerprint with the one that `e2a-swarm members` shows on the other machine: its owner will be able "
            "to remove members.",
            ("e2a-swarm members unite 0123456789abcdef",),
            options=(
                Option("owner", "FINGERPRINT", "of the other list's owner, as `e2a-swarm members` prints it"),
                KEY_FOLDER,
            ),
            function="run_unite",
        ),
    ),
)  # fmt: skip

# --- engines

OF_LANGUAGE = LANGUAGE._replace(usual="", more="")
VOICES = Command(
    "voices",
    "List the engines of this machine with their languages, voices and settings, those that can speak at once first; "
    "or write samples of their voices.",
    (
        "e2a-swarm voices",
        "e2a-swarm voices --language fr --all",
        "e2a-swarm voices --listen af_bella",
        "e2a-swarm voices --listen all --book roman.epub",
        "e2a-swarm voices --json",
    ),
    options=(
        OF_LANGUAGE._replace(help="only engines and voices for it: fr, fra, French, ..."),
        Option("--all", "", "list every language and voice, however many there are"),
        Option("--listen", "NAME", "write a sample of this voice, or of all: sample-....flac"),
        Option("--text", "WORDS", "what the samples say", usual="a sentence"),
        Option("--book", "BOOK", "have the samples say three sentences of this book, in its language"),
        TTS_ENGINE._replace(help="only the voices of this engine", usual="", more=""),
        STATE_DIR,
        *SERVER_OPTIONS,
        VERBOSE,
        json_option("print one JSON value"),
    ),
    line="list the engines, languages and voices of this machine",
)  # fmt: skip
MODEL_NAMES = Option("names", "NAME", "a word of --tts-engine, or a model's own name", nargs="+", default=None)
MODEL_LANGUAGE = OF_LANGUAGE._replace(help="for names that have a model for each language")
MODELS = Command(
    "models",
    "List the models of engines by the names that --tts-engine and --fine-tuned take, those on this machine first. "
    "Custom models travel with their jobs and are not listed.",
    ("e2a-swarm models", "e2a-swarm models fetch xtts --accept-coqui-license", "e2a-swarm models remove xtts"),
    options=(
        OF_LANGUAGE._replace(help="only models that speak it"),
        Option("--all", "", "list every model, not a line for each engine"),
        MODELS_DIR,
        VERBOSE,
        json_option("print the list as JSON"),
    ),
    line="list the models of engines, fetch some ahead of time, or remove some",
    actions=(
        Command(
            "fetch",
            "Download models ahead of time; otherwise the first lease of a job does.",
            ("e2a-swarm models fetch xtts --accept-coqui-license", "e2a-swarm models fetch vits --language fr"),
            options=(
                MODEL_NAMES,
                *LICENCE_OPTIONS,
                MODEL_LANGUAGE,
                MODELS_DIR,
                json_option("print what happens as lines of JSON"),
            ),
            function="run_fetch",
        ),
        Command(
            "remove",
            "Delete models from this machine.",
            ("e2a-swarm models remove xtts", "e2a-swarm models remove vits --language fr"),
            options=(MODEL_NAMES, MODEL_LANGUAGE, MODELS_DIR),
            function="run_remove",
        ),
    ),
)  # fmt: skip
ENGINE_NAMES = Option("names", "NAME", "an engine, as `e2a-swarm engines` lists it", nargs="+", default=None)
ENGINES = Command(
    "engines",
    "List the engines whose libraries lie in environments of their own, under the state folder. The other engines "
    "need no installation.",
    ("e2a-swarm engines", "e2a-swarm engines install coqui", "e2a-swarm engines remove coqui"),
    options=(VERBOSE, json_option("print the list as JSON")),
    line="list the engines with libraries of their own, install some, or remove some",
    actions=(
        Command(
            "install",
            "Make the environment of an engine, and let it speak a sentence there. It may take many minutes.",
            ("e2a-swarm engines install coqui",),
            options=(
                ENGINE_NAMES,
                Option("--recogniser", "", "also install the speech recogniser of --verify there"),
                Option(
                    "--package", "PACKAGE",
                    "a package that brings the engine or something for it: a folder, or a name for pip", is_list=True,
                ),
            ),
            function="run_install",
        ),
        Command(
            "remove",
            "Delete the environments of engines.",
            ("e2a-swarm engines remove coqui",),
            options=(ENGINE_NAMES,),
            function="run_remove",
        ),
    ),
)  # fmt: skip
DOCTOR = Command(
    "doctor",
    "Check what a coordinator and a worker need. Exit code 0: nothing is missing; 69: something is.",
    ("e2a-swarm doctor", "e2a-swarm doctor --engine espeak", "e2a-swarm doctor --json"),
    options=(
        Option("--engine", "NAME", "check one engine: whether it keeps what workers rely on"),
        json_option("print a JSON list of {name, verdict, text, remedy}"),
        STATE_DIR,
        *SERVER_OPTIONS,
    ),
    line="check what would stop this machine from working, with remedies",
)  # fmt: skip
LOG_COMMAND = Command(
    "log",
    "Tell what happened in runs that were started with --log. Rotated files are read together, and the logs of "
    "several machines are merged by time.",
    (
        "e2a-swarm log swarm.log",
        "e2a-swarm log swarm.log --segment 3/17       the story of one sentence",
        "e2a-swarm log swarm.log --worker desktop     what one machine did",
        "e2a-swarm log laptop.log desktop.log --segment 3/17",
        "e2a-swarm log swarm.log --segment 3/17 --book Emma",
        "e2a-swarm log swarm.log --replay             for reports of faults",
    ),
    options=(
        Option("files", "FILE", "a file that --log wrote", nargs="+", default=None),
        Option("--segment", "3/17", "only the 17th sentence of the job's chapter 3, as reports count"),
        Option("--book", "NAME", "only the book of that title, or of that job"),
        Option("--worker", "NAME", "only the machine of that name"),
        Option(
            "--replay", "", "run the log through this version, and show where it decides differently",
            more="From the beginning of a run on; exit code 70 if it does.",
        ),
    ),
    line="what happened to a sentence or on a machine, from the log of a run",
)  # fmt: skip
WHERE = (
    "local", "slurm", "pbs", "torque", "lsf", "condor", "gridengine", "kubernetes", "aws", "gcp", "azure", "celery",
)  # fmt: skip
SCALE = Command(
    "scale",
    "Ask a batch system for workers as long as the coordinator has something to be spoken. Workers leave by "
    "themselves: when their time is over, when they find no work, when the coordinator ends.",
    (
        "e2a-swarm scale --with slurm --most 16 --coordinator laptop:5847",
        "e2a-swarm scale --with slurm --most 32 --until 7:00 --for 2h",
        "e2a-swarm scale --with slurm --provider-option partition=gpu --work '--gpu 0'",
        "e2a-swarm scale --with celery --most 8 --broker redis://desk:6379/0",
        "e2a-swarm scale --with kubernetes --most 8 --budget 20h --dry-run",
    ),
    (
        sheet(
            "how many",
            Option(
                "--with", "SYSTEM", f"one of: {', '.join(WHERE)}", dest="where", required=True,
                more="`celery` needs [the extra](../install.md#extras) `celery`, all others `clusters`. Of them "
                "`local`, `slurm` and `celery` have been tried.",
            ),
            Option(
                "--most", "N", "workers at a time", default="4",
                more="Fewer are asked for if more would find less than two minutes of work each.",
            ),
            Option(
                "--until", "7:00", "only as many as speak all by then, or in so long: 90m",
                more="By the speed of those that are there; while none is known, one is asked for.",
            ),
            Option(
                "--budget", "20h", "time of all workers together that may be used",
                more="Those that have ended count as long as they stayed, the others as long as they may.",
            ),
            Option("--dry-run", "", "say what would be asked for, and ask for nothing"),
        ),
        sheet(
            "each worker",
            Option(
                "--for", "55m", "how long it stays", default="55m", dest="for_",
                more="The batch system is asked for 5 minutes more.",
            ),
            Option("--exit-when-idle", "5m", "leave so long without work", default="5m"),
            Option("--work", "WORDS", "more options of `work`, in quotes"),
            Option("--program", "PATH", "the program there", default="e2a-swarm"),
            Option(
                "--provider-option", "NAME=VALUE", "an option of parsl's provider", is_list=True,
                more="[The options](https://parsl.readthedocs.io/en/stable/reference.html#providers), such as "
                "`partition=gpu`.",
            ),
            Option("--broker", "URL", "of the Celery fleet", usual="$E2A_SWARM_BROKER"),
        ),
        SEAT,
        sheet("state", STATE_DIR),
    ),
    line="ask a batch system for workers, as many as there is work for",
)  # fmt: skip
SHELLS = ("bash", "zsh", "fish", "powershell")
COMPLETIONS = Command(
    "completions",
    "Print a script for a shell, which then completes commands, options and paths at the Tab key. Put it where the "
    "shell looks for such scripts, as below, and open a new terminal.",
    (
        "e2a-swarm completions bash >> ~/.bash_completion",
        "e2a-swarm completions zsh > ~/.zfunc/_e2a-swarm",
        "e2a-swarm completions fish > ~/.config/fish/completions/e2a-swarm.fish",
        "e2a-swarm completions powershell >> $PROFILE",
    ),
    options=(Option("shell", "SHELL", ", ".join(SHELLS)),),
    line="print what makes a shell complete commands and options",
)  # fmt: skip

ALL: tuple[Command, ...] = (
    CONVERT, COORDINATE, SERVE, ADD, WORK, INSPECT, PREVIEW, REDO, VERIFY, STATUS, *ORDERS, JOBS, TAKE_OVER, JOIN, KEY,
    MEMBERS, VOICES, MODELS, ENGINES, DOCTOR, LOG_COMMAND, SCALE, COMPLETIONS,
)  # fmt: skip
