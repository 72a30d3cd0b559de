"""Reads a .npy file of statistics without NumPy's reader and without an unpickler: it yields numbers and words only.

Older models of Coqui come with the statistics of their training sound as a pickled dict in a NumPy file. NumPy's own
functions, called by a pickle, turn bytes into pointers to objects. So the header is matched by a pattern, and the
pickle is followed by a small stack machine that knows dicts, lists, words, numbers and arrays of numbers.
"""

import math
import pickle
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_BYTES = 16 << 20
MAX_STEPS = 200_000  # opcodes of a pickle
MAX_VALUES = 200_000  # a value counts as often as it is referred to
MAX_DEPTH = 8
MAX_SIDES = 4  # dimensions of an array
_NUMERIC = frozenset(("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"))
_OBJECTS = frozenset(("O", "O8", "O4"))

_HEADER = re.compile(
    rb"\x93NUMPY(?:\x01\x00(?P<short>..)|[\x02\x03]\x00(?P<long>....))"
    rb"(?P<said>\{'descr': ?'(?P<order>[<>=|])(?P<code>[a-zA-Z][0-9]{0,2})', ?"
    rb"'fortran_order': ?(?P<fortran>True|False), ?'shape': ?\((?P<shape>[0-9, ]{0,60})\),? {0,9}\} {0,200}\n)",
    re.DOTALL,
)
_FUNCTIONS = {
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy.core.multiarray scalar": "scalar",
    "numpy._core.multiarray scalar": "scalar",
    "numpy ndarray": "class",
    "numpy dtype": "dtype",
    "_codecs encode": "bytes",  # how old pickles write bytes
}


@dataclass(frozen=True)
class _Function:
    """A function that a pickle names; the machine knows what each would make."""

    name: str


@dataclass(frozen=True)
class _Kind:
    """A dtype as a pickle names it."""

    code: str
    order: str = "<"

    def numbers(self, data: Any, shape: Any, *, fortran: bool) -> "npt.NDArray[Any]":
        """Return the array that bytes hold. Raises UnpicklingError unless they are numbers of that shape."""
        if self.code not in _NUMERIC:
            raise pickle.UnpicklingError(f"arrays of {self.code[:20]} are not allowed in it")
        if not isinstance(data, bytes) or not _is_shape(shape):
            raise _damaged()
        dtype: np.dtype[Any] = np.dtype(self.order + self.code)
        if math.prod(shape) * dtype.itemsize != len(data):
            raise _damaged()
        return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()


@dataclass
class _Box:
    """A dtype or an array while a pickle builds it."""

    value: Any = None


@dataclass
class _Machine:
    """Follows the steps of a pickle. Nothing is called or imported for it."""

    stack: list[Any] = field(default_factory=list)
    outer: list[list[Any]] = field(default_factory=list)  # the stacks below each mark
    memo: dict[int, Any] = field(default_factory=dict)

    def follow(self, data: bytes) -> Any:
        """Return what the pickle describes. Raises UnpicklingError, and others where it is damaged."""
        for count, (step, argument, _) in enumerate(pickletools.genops(data)):
            if count > MAX_STEPS:
                raise pickle.UnpicklingError("it has too many steps")
            if step.name == "STOP":
                return self.stack.pop()
            act = _STEPS.get(step.name)
            if act is None:
                raise pickle.UnpicklingError(f"{step.name} is not allowed in it")
            act(self, argument)
        raise _damaged()

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def remember(self, place: int | None) -> None:
        """Keep the top of the stack under a number; None stands for the next one."""
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def mark(self) -> None:
        """Begin a new stack above this one."""
        self.outer.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        """Return the values above the last mark, and go on below it."""
        values, self.stack = self.stack, self.outer.pop()
        return values

    def last(self, count: int) -> None:
        """Make a tuple of the last values."""
        values = [self.stack.pop() for _ in range(count)]
        self.push(tuple(reversed(values)))

    def function(self, name: str | None) -> None:
        """Push the function of a name that the pickle gives, or that lies on the stack."""
        if name is None:
            last, module = self.stack.pop(), self.stack.pop()
            name = f"{module} {last}"
        if name not in _FUNCTIONS:
            raise pickle.UnpicklingError(f"{name[:80].replace(' ', '.')} is not allowed in it")
        self.push(_Function(_FUNCTIONS[name]))

    def call(self) -> None:
        """Push what a function makes of its arguments."""
        arguments, function = self.stack.pop(), self.stack.pop()
        match function, arguments:
            case _Function("array"), (_Function("class"), *_):
                self.push(_Box())
            case _Function("dtype"), (str() as code, *_):
                self.push(_Box(_Kind(code)))
            case _Function("scalar"), (_Box(_Kind() as kind), data):
                self.push(kind.numbers(data, (), fortran=False).item())
            case _Function("bytes"), (str() as text, "latin1" | "latin-1"):
                self.push(text.encode("latin-1"))
            case _:
                raise _damaged()

    def build(self) -> None:
        """Complete a dtype or an array by its state."""
        state, box = self.stack.pop(), self.stack[-1]
        match box, state:
            case _Box(_Kind() as kind), (_, "<" | ">" | "=" | "|" as order, *_):
                box.value = replace(kind, order=order)
            case _Box(None), (_, (), _Box(_Kind(code)), _, [value]) if code in _OBJECTS:
                box.value = value
            case _Box(None), (_, shape, _Box(_Kind() as kind), fortran, data):
                box.value = kind.numbers(data, shape, fortran=bool(fortran))
            case _:
                raise _damaged()

    def append(self, values: list[Any]) -> None:
        """Add values to the list on top."""
        if type(self.stack[-1]) is not list:
            raise _damaged()
        self.stack[-1].extend(values)

    def set_items(self, values: list[Any]) -> None:
        """Add keys and values to the dict on top."""
        names = values[::2]
        if type(self.stack[-1]) is not dict or len(values) % 2 or not all(type(name) in (str, int) for name in names):
            raise _damaged()
        self.stack[-1].update(zip(names, values[1::2], strict=True))

    def set_item(self) -> None:
        """Add one key and its value to the dict below them."""
        value, name = self.stack.pop(), self.stack.pop()
        self.set_items([name, value])


_Step = Callable[[_Machine, Any], None]
_VALUES = (
    *("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "SHORT_BINSTRING", "BINSTRING"),
    *("BINFLOAT", "BININT", "BININT1", "BININT2", "LONG1"),
)
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(_VALUES, _Machine.push),
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, argument: None),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, place: machine.push(machine.memo[place])),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _Machine.function),
    "NONE": lambda machine, argument: machine.push(None),
    "NEWTRUE": lambda machine, argument: machine.push(True),
    "NEWFALSE": lambda machine, argument: machine.push(False),
    "MARK": lambda machine, argument: machine.mark(),
    "EMPTY_TUPLE": lambda machine, argument: machine.push(()),
    "EMPTY_LIST": lambda machine, argument: machine.push([]),
    "EMPTY_DICT": lambda machine, argument: machine.push({}),
    "TUPLE": lambda machine, argument: machine.push(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, argument: machine.last(1),
    "TUPLE2": lambda machine, argument: machine.last(2),
    "TUPLE3": lambda machine, argument: machine.last(3),
    "APPEND": lambda machine, argument: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, argument: machine.append(machine.since_mark()),
    "SETITEM": lambda machine, argument: machine.set_item(),
    "SETITEMS": lambda machine, argument: machine.set_items(machine.since_mark()),
    "REDUCE": lambda machine, argument: machine.call(),
    "BUILD": lambda machine, argument: machine.build(),
}


class _Plain:
    """Turns what a machine made into numbers and words, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def value(self, found: Any, depth: int = 0) -> Any:
        """Return a value without boxes. Raises UnpicklingError where it holds anything else, or too much."""
        self._count += 1
        if self._count > MAX_VALUES or depth > MAX_DEPTH:
            raise pickle.UnpicklingError("it holds more than statistics do")
        match found:
            case dict():
                return {name: self.value(each, depth + 1) for name, each in found.items()}
            case list() | tuple():
                return [self.value(each, depth + 1) for each in found]
            case _Box(inner):
                return self.value(inner, depth + 1)
            case None | bool() | int() | float() | str() | bytes() | np.ndarray():
                return found
        raise pickle.UnpicklingError(f"{type(found).__name__.strip('_').lower()} is not allowed in it")


def read_statistics(path: Path) -> "npt.NDArray[Any]":
    """Return the array in a .npy file, one that holds a dict of numbers and words too.

    Raises UnpicklingError, ValueError, OSError.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB")
    data = path.read_bytes()[: MAX_BYTES + 1]
    header = _HEADER.match(data)
    length = int.from_bytes(header["short"] or header["long"] or b"", "little") if header else 0
    if header is None or length != len(header["said"]):
        raise ValueError(f"{path.name} is no .npy file of numbers")
    kind = _Kind(header["code"].decode("ascii"), header["order"].decode("ascii"))
    body, shape = data[header.end() :], tuple(int(side) for side in header["shape"].split(b",") if side.strip())
    if kind.code not in _OBJECTS:
        return kind.numbers(body, shape, fortran=header["fortran"] == b"True")
    holder = np.empty((), object)
    holder[()] = _unpickled(body)
    return holder


def _unpickled(data: bytes) -> Any:
    try:
        return _Plain().value(_Machine().follow(data))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        raise _damaged() from fault


def _is_shape(shape: Any) -> bool:
    if type(shape) is not tuple or len(shape) > MAX_SIDES:
        return False
    return all(type(side) is int and 0 <= side <= MAX_BYTES for side in shape)


def _damaged() -> pickle.UnpicklingError:
    return pickle.UnpicklingError("its statistics are damaged, or none")
