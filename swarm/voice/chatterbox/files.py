"""The files of Chatterbox's model, at one commit of its repository."""

from pathlib import Path

from swarm.voice.download import RemoteFile, hub_url, models_folder

MODEL = "chatterbox-multilingual"
_COMMIT = "5bb1f6ee58e50c3b8d408bc82a6d3740c2db6e18"  # of ResembleAI/chatterbox
# The digests are not known here, so the sizes are bounds. All weights are read as numbers only.
_BOUNDS = {
    "Cangjie5_TC.json": 4 << 20,
    "conds.pt": 4 << 20,
    "grapheme_mtl_merged_expanded_v1.json": 4 << 20,
    "s3gen.pt": 1_200_000_000,
    "t3_mtl23ls_v2.safetensors": 2_200_000_000,
    "ve.pt": 16 << 20,
}
FILES = tuple(
    RemoteFile(name, f"{hub_url()}/ResembleAI/chatterbox/resolve/{_COMMIT}/{name}", bound, "")
    for name, bound in _BOUNDS.items()
)
CANGJIE = "Cangjie5_TC.json"


def model_folder() -> Path:
    """Return the folder of the model, which may not exist yet."""
    return models_folder() / MODEL
