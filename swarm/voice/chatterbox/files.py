"""The files of Chatterbox's model, at one commit of its repository."""

from pathlib import Path

from swarm.voice.model_download import RemoteFile, hub_url, models_folder

MODEL = "chatterbox-multilingual"
_COMMIT = "5bb1f6ee58e50c3b8d408bc82a6d3740c2db6e18"  # the repository is ResembleAI/chatterbox
_FILES = {
    "Cangjie5_TC.json": (1_920_163, "7073fd9de919443ae88e0bd2449917a65fe54898a4413ed1edcc4b67f28bce8c"),
    "conds.pt": (107_374, "6552d70568833628ba019c6b03459e77fe71ca197d5c560cef9411bee9d87f4e"),
    "grapheme_mtl_merged_expanded_v1.json": (
        69_989,
        "69632f47220a788a52ce2661d096453c5655e9bf25289d89a8d832c46ee07dbf",
    ),
    "s3gen.pt": (1_057_165_844, "9b9ff07e60b20c136e2b1b3d7563a24604e8d2c4c267888d1ee929dd0151d2a3"),
    "t3_mtl23ls_v2.safetensors": (
        2_143_989_752,
        "b1237586127ce98e7800a68e49938eb5092846862aabcb6e17b2fda7889a6c75",
    ),
    "ve.pt": (5_698_626, "4b16d836bc598509860f6fa068165a8bb5e9ac84f05582dfcf278a5a372879f1"),
}
FILES = tuple(
    RemoteFile(name, f"{hub_url()}/ResembleAI/chatterbox/resolve/{_COMMIT}/{name}", size, digest)
    for name, (size, digest) in _FILES.items()
)
CANGJIE = "Cangjie5_TC.json"


def model_folder() -> Path:
    """Return the folder of the model, which may not exist yet."""
    return models_folder() / MODEL
