"""Every option that several commands share, said once: --help, the page, the reference and the shells show it.

`help` is one line; `more` is what the reference says besides."""

import importlib

from swarm.commands.option import Choices, Option, Sheet
from swarm.commands.parser import Joined, OneCoordinator
from swarm.config import DEFAULT_PORT, ENV_ABS_TOKEN, ENV_ASSETS_LIMIT, ENV_BIND, ENV_HOME, ENV_LOG, ENV_SPEAKER_KEY
from swarm.voice.built_in import OPTIONS, EngineOption, Licence, MachineOption

# These words repeat those of format.py, subtitle.py and tags.py in audiobook/sound/ and of book/model/book.py, which
# take longer to import.
FORMATS = ("m4b", "m4a", "mp3", "opus", "ogg", "flac", "wav")
PAUSES = ("clause", "sentence", "paragraph", "heading", "scene", "chapter", "start", "vary")
BESIDE = ("cover", "cue", "opf", "chapters", "report")
TAGS = (
    "subtitle", "series", "series-part", "genre", "year", "publisher", "description", "translator", "rights", "isbn",
    "asin", "title-sort", "author-sort",
)  # fmt: skip

ADDED = {name: importlib.import_module(module) for name, module in OPTIONS.items()}
ENGINE_OPTIONS: tuple[EngineOption, ...] = tuple(option for added in ADDED.values() for option in added.OPTIONS)
LICENCES: dict[str, Licence] = {
    f"accept-{name}-license": licence for name, added in ADDED.items() for licence in added.LICENCES
}
MACHINE_OPTIONS: tuple[MachineOption, ...] = tuple(
    option for added in ADDED.values() for option in added.MACHINE_OPTIONS
)


def _plain(*values: str) -> Choices:
    return tuple((value, "") for value in values)


# --- books and their sound

LANGUAGE = Option(
    "--language", "CODE", "en, eng, fr, ...", usual="the text's own",
    more="`en-GB` or `English` too. Where the text and what the book says of itself disagree, `inspect`, the run and "
    "the report say so. Passages in other languages are [spoken in them](../voices.md#passages-in-other-languages).",
    label="Language", page_help="The code of a language. Leave it empty to have it found from the text",
    example="de", is_open=True,
)  # fmt: skip
TTS_ENGINE = Option(
    "--tts-engine", "NAME", "hibari, kokoro, piper, xtts, ...", usual="by language",
    more="[The engines](../voices.md), a server of your own (`openai`, see [speech servers](../speech-servers.md)), or "
    "one that [another package](../engines.md) brings. `piper:de_DE-thorsten-medium` names a model too. `coordinate` "
    "takes engines that only its workers have.",
    label="Engine", page_help="The program that speaks. Leave it empty for the best one that the language has here",
    example="kokoro", is_open=True,
)  # fmt: skip
VOICE = Option(
    "--voice", "NAME|FILE", "a voice of the engine (`e2a-swarm voices` lists them), or a recording to speak like",
    more="For a recording see [Recordings and models of your own](../voices.md#recordings-and-models-of-your-own).",
    label="Voice", page_help="One of the voices below. The engine's own is taken if nothing is chosen", example="heart",
)  # fmt: skip
SPEED = Option(
    "--speed", "X", "how fast the voice speaks, 0.5 to 2", default="1", label="Speed",
    page_help="1 is the voice's own speed, 1.2 is a fifth faster",
)  # fmt: skip

BOOKS = Sheet(
    "books",
    (
        Option(
            "books", "BOOK",
            "an EPUB, text, HTML or Markdown file, others by Calibre; or a folder, for its EPUBs and Calibre's kinds",
            nargs="*", default=None,
            more="Calibre reads `.mobi`, `.azw3`, `.fb2`, `.docx`, `.odt`, `.rtf` and `.pdf`. Of a folder each book is "
            "taken once, in its best format; one that cannot be read is named and left out, whereas a book that you "
            "named ends the command at once.",
        ),
        Option("--ebook", "BOOK", is_list=True, instead="`BOOK`"),
        Option("--ebooks-dir", "DIR", instead="the folder as `BOOK`"),
        Option("--headless", instead="nothing: every run is headless"),
    ),
)  # fmt: skip


def _engine_option(option: EngineOption) -> Option:
    name = f"--{option.setting.replace('_', '-')}"
    value = "yes" if option.switch else "X"
    return Option(
        name, "" if option.switch else "X", default=None, instead=f"`--engine-option {option.setting}={value}`"
    )


SOUND = Sheet(
    "sound",
    (
        TTS_ENGINE,
        VOICE,
        Option(
            "--dialogue-voice", "NAME", "another voice for what stands in quotation marks",
            more="See [a voice for each character](../audiobook.md#with-a-voice-for-each-character).",
            label="Voice of dialogue", example="emma",
        ),
        Option(
            "--cast", "FILE", "voices of speakers, chapters and marks: lines NAME = VOICE; or auto",
            more="With `auto`, each person gets a voice by itself. "
            "`inspect --cast` [writes such a file](../audiobook.md#with-a-voice-for-each-character).",
            choices=(("auto", "chosen by gender and by who talks with whom"),),
            label="Voices of persons", page_help="Each person of the book gets a voice of the engine",
        ),
        Option(
            "--expressive", "", "have the engine whisper, shout or ask what the book says is said so",
            more="Only for [engines that can](../audiobook.md#whispered-shouted-asked).",
            label="By manner", page_help="What is whispered, shouted or asked is spoken so, if the engine can",
        ),
        Option(
            "--one-engine", "", "leave passages in other languages to the book's own engine",
            more="It reads them as well as it can; by default "
            "[another engine](../voices.md#passages-in-other-languages) speaks them.",
            label="One engine",
        ),
        LANGUAGE,
        SPEED,
        Option(
            "--engine-option", "K=V", "a setting of the engine", is_list=True,
            more="`e2a-swarm voices --all` lists them: `temperature=0.7`, `half=yes`.",
            label="Settings of the engine", page_help="A name and a value", example="temperature=0.7",
        ),
        Option(
            "--fine-tuned", "NAME", "another model of the engine: a name from `e2a-swarm models`",
            more="With `openai`, a model of the server.",
            label="Model", page_help="The name of another model of the engine", example="vits",
        ),
        Option(
            "--custom-model", "PATH", "a model of your own: a folder or zip with its files",
            more="See [Recordings and models of your own](../voices.md#recordings-and-models-of-your-own).",
        ),
        *map(_engine_option, ENGINE_OPTIONS),
        Option("--enable-text-splitting", "X", nargs="?", instead="nothing: sentences are always cut to fit a model"),
    ),
    page="The sound",
)  # fmt: skip

READING = Sheet(
    "reading",
    (
        Option(
            "--notes", "HOW", "footnotes: skip, inline (after their paragraph) or end (of the chapter)", default="skip",
            more="Each begins with “Note:” in the book's language. Marks of notes are never spoken.",
            choices=(
                ("skip", "leave them out"),
                ("inline", "where they are referred to"),
                ("end", "at the end of the chapter"),
            ),
            label="Footnotes", page_help="Whether notes are read, and where",
        ),
        Option(
            "--include", "NAME", "read a part that would be left out: its title, or the reason", is_list=True,
            more="As `inspect` shows them (`notes`, `Colophon`); `*` stands for any letters, and the beginning of a "
            "title is enough where only one begins so.",
            label="Read also", page_help="The title of a part that would be left out", example="Appendix",
        ),
        Option(
            "--exclude", "NAME", "leave out a chapter: its title", is_list=True,
            label="Leave out", page_help="The title of a chapter", example="Preface",
        ),
        Option(
            "--ruby", "base|reading", "read words with ruby by their base text or by their reading", default="base",
            choices=(("base", "as written"), ("reading", "as beside them")),
            label="Ruby", page_help="How words with a reading beside them are read",
        ),
        Option(
            "--lexicon", "FILE", "a pronunciation dictionary: word = spelling, one a line",
            more="[More](../audiobook.md#when-a-word-is-mispronounced): patterns, languages, PLS files and phonemes.",
        ),
        Option(
            "--verse-numbers", "say|skip", "say or skip the numbers of verses", default="say",
            choices=(("say", "say them"), ("skip", "leave them out")),
            label="Numbers of verses", page_help="In scripture",
        ),
        Option(
            "--code", "skip|say", "skip or say code listings", usual="skip, unless nearly all is",
            choices=(("skip", "leave out"), ("say", "read")),
            label="Code listings", page_help="They are left out unless most of the book is code",
        ),
        Option(
            "--citations", "skip|say", "skip or say citations such as [14]", usual="skip, if many",
            choices=(("skip", "leave out"), ("say", "read")),
            label="Citations", page_help="Sources in brackets, addresses, page numbers: left out if there are many",
        ),
        Option(
            "--alt-text", "", "read the descriptions of pictures, if the book has them",
            label="Descriptions of pictures",
        ),
        Option(
            "--credits", "", "speak an opening and a closing: title, authors and narrator",
            more="In the book's language, each as a chapter of its own. Other names make another job, which speaks "
            "only what is new.",
            label="Opening and closing",
        ),
    ),
    page="What is read",
)  # fmt: skip

# --- the files

TITLE = tuple(
    Option(
        f"--{name}", "NAME", f"the {name} in the tags, in place of the book's", label=name.capitalize(),
        page_help="For the player, in place of the book's",
    )
    for name in ("title", "author", "narrator")
)  # fmt: skip

FILE = Sheet(
    "file (changing these speaks nothing again)",
    (
        Option(
            "--output-format", "FORMAT", ", ".join(FORMATS), default="m4b", choices=_plain(*FORMATS),
            more="All carry chapters, cover and tags; `ogg` is Opus too.",
            label="Format", page_help="M4B suits most players of audiobooks",
        ),
        Option(
            "--split", "chapter|6h", "write a file for each chapter, or files of about so many hours",
            more="They go into a folder with the book's name, cut between chapters.",
            choices=(
                ("chapter", "a file for each chapter"),
                ("3h", "about 3 hours"),
                ("6h", "about 6 hours"),
            ), is_open=True,
            label="Several files", page_help="All is one file if nothing is chosen; hours may be other ones",
            example="6h",
        ),
        Option(
            "--bitrate", "64k", "kilobits a second", usual="what suits speech",
            more="For each channel 64k of AAC and MP3, 32k of Opus.",
            choices=_plain("32k", "48k", "64k", "96k", "128k"), is_open=True, label="Bitrate", example="64k",
        ),
        Option(
            "--loudness", "LUFS|off|acx", "loudness by EBU R128, -30 to -12", default="-18",
            more="True peaks stay under -2 dB in the finished file; `off` leaves the voice as it is; `acx` "
            "[keeps to ACX's bounds](../audiobook.md#slower-calmer-louder).",
            choices=(
                ("-18", "usual"),
                ("-16", "loud"),
                ("-23", "of broadcasts"),
                ("acx", "for Audible's ACX"),
                ("off", "as spoken"),
            ), is_open=True,
            label="Loudness", page_help="In LUFS, by EBU R128",
        ),
        Option(
            "--pause", "KIND=S",
            f"seconds of silence after a {', '.join(PAUSES[:-2])}, or at the start of each file; vary=0: always equal",
            is_list=True,
            more="By default 0.15, 0.5, 0.8, 1, 1.3, 2 and, at the start, 0.5. Pauses after sentences and paragraphs "
            "vary by up to a fifth, as a reader's do; `vary=0.3` varies them more.",
            label="Pauses", page_help=f"Seconds of silence after a {', '.join(PAUSES[:-2])}, or at the start of each "
            "file; vary=0 makes them equal",
            example="paragraph=0.8",
        ),
        *TITLE,
        Option(
            "--tag", "KIND=TEXT",
            f"another tag in place of the book's: {', '.join(TAGS)}; without text it is left out", is_list=True,
            more="Several genres are separated by `; `.",
            label="More about the book", page_help=f"A kind and its text in place of the book's: {', '.join(TAGS)}. "
            "Without a text it is left out",
            example="genre=Poetry",
        ),
        Option(
            "--cover", "PICTURE", "a picture in place of the book's cover",
            more="JPEG, PNG, GIF, WebP, BMP, TIFF or AVIF. Where a book has none, title and author are drawn.",
        ),
        Option(
            "--subtitles", "vtt|srt|lrc", "also write the text with its times",
            more="A sentence is a cue; long ones are cut to two lines of 42 columns. `vtt` has the times of words too, "
            "where the voice tells them.",
            choices=(
                ("vtt", "WebVTT, for browsers"),
                ("srt", "SRT, for video players"),
                ("lrc", "LRC, for music players"),
            ),
            label="Subtitles",
        ),
        Option(
            "--read-along", "words", "also write an EPUB with the sound: sentences light up, or with `words` words",
            nargs="?", const="sentences",
            more="[Reading along](../audiobook.md#reading-along). Words light up where the voice tells their times.",
            choices=(("sentences", "sentences light up"), ("words", "words light up")),
            label="Read along", page_help="Write an EPUB with the sound, too",
        ),
        Option(
            "--beside", "FILES", f"also write {', '.join(BESIDE)}; several are separated by commas",
            more="The cover as a picture, a cue sheet, the metadata as an OPF package, a file of each chapter as soon "
            "as it is finished, the report as a page with players.",
            choices=(
                ("cover", "the cover"),
                ("opf", "what is known of the book, for Calibre"),
                ("cue", "the chapters"),
                ("chapters", "a file of each chapter, as soon as it is finished"),
                ("report", "a page with players"),
            ), is_open=True, action=Joined,
            label="Files beside the audiobook", page_help="Several may be named, with commas between them",
            example="cover,cue",
        ),
        Option(
            "--channels", "mono|stereo", default="mono", also=("--output-channel",),
            choices=(("mono", "one, mono"), ("stereo", "two, stereo")),
            label="Channels", page_help="Stereo has the same sound on both sides",
            instead="a line `channels` of the [settings](README.md#settings)",
        ),
        Option(
            "--sample-rate", "HZ", choices=_plain("22050", "24000", "44100", "48000"), is_open=True,
            label="Sample rate", page_help="In hertz; the voice's own suits most players", example="44100",
            instead="a line `sample-rate` of the [settings](README.md#settings)",
        ),
        Option("--read-along-words", instead="`--read-along words`"),
        Option("--keep-chapters", instead="`--beside chapters`"),
        Option("--report", "json|html", default="json", choices=_plain("json", "html"), instead="`--beside report`"),
    ),
    page="The files",
)  # fmt: skip

# --- the job

CHAPTERS = Option(
    "--chapters", "1-3,7", "only these chapters, as `e2a-swarm inspect` counts"
)  # the page chooses among those that it lists
STATE_DIR = Option(
    "--state-dir", "DIR", "the folder for jobs, clips and the key", usual=f"${ENV_HOME}, or the user's data folder"
)
OUTPUT_DIR = Option(
    "--output-dir", "DIR|URL", "where the audiobook goes, also s3://bucket/folder or sftp://host/folder",
    default=".", usual="here", more="See [Delivery](../audiobook.md#delivery).",
)  # fmt: skip
ALLOW_SLEEP = Option(
    "--allow-sleep", instead="a line `allow-sleep = true` of the [settings](README.md#settings)"
)  # a machine is kept awake otherwise
MIN_WORKERS = Option(
    "--min-workers", "N", "begin once N workers are there", default="0", usual="at once"
)  # `convert` has only its own worker
JOB = Sheet(
    "job",
    (
        OUTPUT_DIR,
        CHAPTERS,
        MIN_WORKERS,
        Option(
            "--on-failure", "finish|stop|deliver",
            "if no worker can speak a sentence: finish the rest and report it, stop, or deliver in spite of gaps",
            default="finish", choices=_plain("finish", "stop", "deliver"),
            more="An audiobook that lacks over 2 % of its sentences stays where it was made, unless `deliver` is said; "
            "the same command tries the sentences again.",
        ),
        Option("--deliver-gaps", instead="`--on-failure deliver`"),
        Option(
            "--edition", "replace|keep", "take the place of the book's last edition, or keep that, too",
            usual="replace, if the voice is the same", rivals="editions", choices=_plain("replace", "keep"),
            more="With `keep` this one is named `Title - Author (2)`. See [Editions](../audiobook.md#editions).",
        ),
        Option("--replace", instead="`--edition replace`", rivals="editions"),
        Option("--keep-both", instead="`--edition keep`", rivals="editions"),
        Option(
            "--speaker-server", "URL[#MODEL]",
            "a server of a language model that points at who speaks, with OpenAI's API",
            more="Without a model its own is asked. Only with a `--cast` or a `--dialogue-voice`. [It changes voices "
            "and no word](../audiobook.md#a-model-that-points-at-who-speaks). Its key belongs into "
            f"`{ENV_SPEAKER_KEY}`.",
        ),
        Option("--speaker-model", "NAME", instead="`--speaker-server URL#NAME`"),
        Option("--anyway", "", "speak a book even if the voice cannot say most of it"),
        ALLOW_SLEEP,
        STATE_DIR,
    ),
)  # fmt: skip
UPLOAD = Sheet(
    "Audiobookshelf",
    (
        Option(
            "--abs-server-url", "URL", "the server to upload finished audiobooks to",
            more=f"[How](../audiobook.md#audiobookshelf). Its token belongs into `{ENV_ABS_TOKEN}` or the "
            "[settings](README.md#settings): other users can read command lines.",
        ),
        Option("--abs-library-id", "ID", "the library", usual="the only one for books"),
        Option(
            "--abs-api-token", "TOKEN", instead=f"`{ENV_ABS_TOKEN}`, or a line `abs-api-token` of the "
            "[settings](README.md#settings)",
        ),
        # The address alone enables uploads.
        Option("--abs-enabled", "X", nargs="?", instead="`--abs-server-url`"),
        Option("--abs-auto-upload", "X", nargs="?", instead="`--abs-server-url`"),
    ),
)  # fmt: skip

# Options of ebook2audiobook that are not supported here. Each has a sentence that tells what to do instead.
REFUSED = Sheet(
    "refused",
    tuple(
        Option(f"--{name}", refusal=refusal)
        for name, refusal in {
            "voice-map": "name the voices of characters with --cast FILE, or of all dialogue with --dialogue-voice.",
            "text": "only books are read: save the text as a .txt file and name that.",
            "session": "leave it out: the same command on the same book resumes by itself.",
            "translate": "books are spoken in the language they are written in: translate the EPUB first.",
            "share": "there is no web page to share: other machines join with `e2a-swarm join`.",
            "text-temp": "leave it out: it is for Bark, which is refused; `e2a-swarm voices` lists what speaks.",
            "waveform-temp": "leave it out: it is for Bark, which is refused; `e2a-swarm voices` lists what speaks.",
            "script-mode": "leave it out: there is only one way to run.",
            "output-split": "use --split chapter, or --split 6h.",
            "output-split-hours": "use --split with hours, such as --split 6h.",
            "custom-model-url": "download the model, and name its folder or zip with --custom-model.",
        }.items()
    ),
)

# --- this machine

DEVICES = (
    Option(
        "--gpu", "N|UUID|all", "compute on this GPU, or on all GPUs", is_list=True,
        more="As `nvidia-smi` counts them; `0,1` for several, `mps` is Apple's; `webgpu`, `openvino`, `migraphx` and "
        "`directml` are for ONNX Runtime. One that cannot be used is refused.",
    ),
    Option("--cpu", "", "compute on the CPU, even if there are GPUs"),
    Option("--device", "CPU|CUDA|ROCM|MPS|N", instead="`--cpu`, or `--gpu 0`, `--gpu mps`, `--gpu N`"),
)  # fmt: skip
LICENCE_OPTIONS = tuple(Option(f"--{name}", "", f"you agree to {licence.about}") for name, licence in LICENCES.items())
SERVER_OPTIONS = tuple(Option(f"--{each.name}", each.metavar, each.about) for each in MACHINE_OPTIONS)
MODELS_DIR = Option("--models-dir", "DIR", "the folder for models", usual="each engine's own folder")
OFFLINE = Option(
    "--offline", "", "download no models: speak with those that are there",
    more="For a whole house: `offline = true` in its [settings](README.md#settings), or `E2A_SWARM_OFFLINE=1`.",
)  # fmt: skip
VOICE_OPTIONS = (
    *LICENCE_OPTIONS,
    MODELS_DIR,
    *SERVER_OPTIONS,
    OFFLINE,
    Option(
        "--verify", "sample", nargs="?", const="all", choices=_plain("all", "sample"),
        help="check every sentence with a speech recogniser, or a tenth of them, and speak doubtful ones again",
        more="After each that it doubts, `sample` checks the twenty that follow. It takes time, and "
        "[the extra `verify`](../install.md#extras).",
    ),
)  # fmt: skip
VERBOSE = Option("--verbose", "", "show each step, and the traceback of an unexpected error")
LOG = Option(
    "--log", "FILE", "write every message and decision, for `e2a-swarm log`", usual=f"${ENV_LOG}, or no log",
    more="See [a log that can be asked](log.md#a-log-that-can-be-asked).",
)  # fmt: skip


def json_option(help: str = "print progress and the result as JSON lines") -> Option:  # noqa: A002
    """Return --json, which prints something else in each command."""
    return Option("--json", "", help)


def quiet_option(help: str = "print only the result") -> Option:  # noqa: A002
    """Return --quiet, which leaves another output in each command."""
    return Option("--quiet", "", help)


TERMINAL = Sheet("terminal", (quiet_option(), VERBOSE, json_option(), LOG))

# --- the network

NETWORK = Sheet(
    "network",
    (
        Option("--port", "N", "the TCP port", usual=f"{DEFAULT_PORT}, else the next free one"),
        Option("--bind", "ADDRESS", "listen on this address only", usual=f"${ENV_BIND}, or all"),
        Option(
            "--announce", "HOST:PORT", "announce this address by mDNS", rivals="announcements",
            more="In place of this machine's own: that of a container's host with the published port, or of a forward.",
        ),
        Option(
            "--also-at", "HOST:PORT", "another address that leads here: of a relay, or a port that a router passes on",
            is_list=True,
            more="[Codes](../lan.md#a-machine-in-another-network) carry it, and members keep it. Four at most.",
        ),
        Option(
            "--no-advertise", "", "do not announce this coordinator over mDNS", rivals="announcements",
            more="Each worker has to be told where it is.",
        ),
        Option("--open", "", "use no key and no encryption: anybody on the network can join"),
        Option("--opus-links", instead="nothing: clips travel as FLAC"),
        Option(
            "--approve", "", "let new machines wait for `e2a-swarm members approve`",
            more="Machines that come by an invite need no approval.",
        ),
        Option(
            "--cross-check", "1%", "have other workers speak so much of each worker's sentences again, and compare",
            more="A machine that two others contradict is named and rests, and what it spoke of late is spoken again: "
            "[how](../security.md#cross-checks). Only for engines that do not sample.",
        ),
        *(
            Option(
                f"--{name}",
                refusal="give it to `e2a-swarm work`, here in place of --speak: a coordinator only shares the book.",
            )
            for name in ("device", "gpu", "cpu", *LICENCES, *(option.name for option in MACHINE_OPTIONS))
        ),
    ),
)  # fmt: skip
COORDINATOR = Option(
    "--coordinator", "HOST[:PORT]", "its address", usual="found by mDNS", action=OneCoordinator,
    more="`E2A_SWARM_COORDINATOR` names one too.",
)  # fmt: skip
SEAT = Sheet("network", (COORDINATOR, Option("--open", "", "use no key: only for coordinators started with --open")))
ASSETS_LIMIT = Option(
    "--assets-limit", "GB", "how much to keep of the files that coordinators send",
    usual=f"${ENV_ASSETS_LIMIT}, or 20",
)  # fmt: skip

# What commands are made of.
RENDERING = (SOUND, READING, FILE, JOB, UPLOAD, REFUSED)
# What may differ from book to book of a queue.
QUEUED = (SOUND, READING, FILE, Sheet("job", (CHAPTERS,)))
# What decides the files and what is read of the book, which a report keeps.
FILES_AND_READING = (FILE, READING, Sheet("job", (CHAPTERS,)))
COMMON_SOUND = ("--voice", "--language", "--tts-engine", "--speed")  # users ask for these most
NAME_FILES = ("--custom-model", "--cover", "--lexicon", "--cast")  # always; --voice may
