"""Why a model does not load, in words for who brought it: torch's own advise to run what its files carry."""

import pickle
import re

_CODE = re.compile(r"GLOBAL (\S{1,80})")
_DAMAGED = re.compile(
    r"PytorchStreamReader|central directory|HeaderTooLarge|HeaderTooSmall|InvalidHeader|IncompleteMeta"
)
_MISFIT = re.compile(r"Error\(s\) in loading state_dict[^:]*: ?(.{0,160})")
_NO_CODE = "and code is never run: save them without it, best as safetensors"
_CUT_OFF = "its weights are damaged, cut off or none"


def reason(fault: Exception) -> str:
    """What is wrong with a model's files."""
    words = " ".join(str(fault).split())
    if isinstance(fault, pickle.UnpicklingError):
        found = _CODE.search(words)
        return f"its files carry code besides numbers ({found[1]}), {_NO_CODE}" if found else _CUT_OFF
    if isinstance(fault, EOFError) or _DAMAGED.search(words):
        return _CUT_OFF
    if misfit := _MISFIT.search(words):
        return f"its weights are not of the model that its config.json describes ({misfit[1].strip()})"
    if isinstance(fault, KeyError) and fault.args == ("model",):
        return 'its weights are not as Coqui saves them: a dict whose "model" holds them'
    return f"{type(fault).__name__}: {words[:300]}"
