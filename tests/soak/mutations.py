"""Valid inputs with faults in them, each from a generator: in the bytes, and inside of what holds them, where checksums
agree again.
"""

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
Mutation = Callable[[bytes, Rng], bytes]
HEAD = 64  # bytes, in which most formats have their numbers
NUMBERS = (0, 1, 2, 7, 255, 256, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
TEXTS = (b"0", b"-1", b"1e308", b"1e999", b"NaN", b"3000000000", b"9" * 30, b"9" * 5000, b"", b"True", b"0x1")
DEEP = 300


def odd_values() -> list[Any]:
    """Values that JSON, or Python's reading of it, can hold, and hardly any entry should."""
    deep: Any = []
    for _ in range(DEEP):
        deep = [deep]
    numbers = [-1, 0, 1, 3, 2**31, 2**63, 10**30, 10**400, -0.5, 0.5, 1e38, 1e308, float("nan"), float("inf")]
    return [None, True, *numbers, "", "\ud800", "\n", "x" * 10_000, [], {}, [1, 2, 3], [None], {"a": 1}, deep]


def place(data: bytes, rng: Rng) -> int:
    """A place in the bytes, every other time near their beginning."""
    return int(rng.integers(max(1, min(len(data), HEAD) if rng.random() < 0.5 else len(data))))


def flip(data: bytes, rng: Rng) -> bytes:
    """A few other bits."""
    changed = bytearray(data or b"\0")
    for _ in range(rng.integers(1, 9)):
        changed[place(changed, rng)] ^= 1 << rng.integers(8)
    return bytes(changed)


def cut(data: bytes, rng: Rng) -> bytes:
    """A beginning, or an end."""
    where = place(data, rng)
    return data[:where] if rng.random() < 0.7 else data[where:]


def move(data: bytes, rng: Rng) -> bytes:
    """A piece again at another place, in place of what is there or before it."""
    start, to = place(data, rng), place(data, rng)
    piece = data[start : start + int(rng.integers(1, 200))] * int(rng.choice([1, 1, 1, 50]))
    return data[:to] + piece + data[to + (len(piece) if rng.random() < 0.5 else 0) :]


def renumber(data: bytes, rng: Rng) -> bytes:
    """Another number of 1 to 8 bytes."""
    size, where = int(rng.choice([1, 2, 4, 8])), place(data, rng)
    order = "little" if rng.random() < 0.5 else "big"
    number = int(rng.choice(NUMBERS, p=None)) if rng.random() < 0.7 else int(rng.integers(2**31))
    return data[:where] + (number % 256**size).to_bytes(size, order) + data[where + size :]


def rewrite(data: bytes, rng: Rng) -> bytes:
    """Another text for a number that is written in digits."""
    found = list(re.finditer(rb"\d+", data[:4096]))
    if not found:
        return flip(data, rng)
    match = found[rng.integers(len(found))]
    return data[: match.start()] + TEXTS[rng.integers(len(TEXTS))] + data[match.end() :]


BYTES: tuple[Mutation, ...] = (flip, cut, move, renumber, rewrite)


def in_bytes(data: bytes, rng: Rng) -> bytes:
    """One of the faults above."""
    return BYTES[rng.integers(len(BYTES))](data, rng)


def in_json(data: bytes, rng: Rng) -> bytes:
    """An entry with an odd value, or without it, or in another's place."""
    values = json.loads(data)
    holders = [values]
    for holder in holders:  # which grows
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [value for value in inner if isinstance(value, dict | list) and value]
    holder = holders[rng.integers(len(holders))]
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if not keys:
        return data
    key, other = (keys[rng.integers(len(keys))] for _ in range(2))
    match rng.integers(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = holder[other]
        case 2 if isinstance(holder, list):
            holder += holder * 40
        case _:
            odd = odd_values()
            holder[key] = odd[rng.integers(len(odd))]
    return json.dumps(values).encode()


def in_gzip(data: bytes, rng: Rng) -> bytes:
    """A fault in what is packed; now and then a bomb."""
    content = in_bytes(gzip.decompress(data), rng)
    return gzip.compress(content + bytes(int(rng.choice([0, 0, 0, 10**6]))), 1, mtime=0)


def in_npz(data: bytes, rng: Rng) -> bytes:
    """A fault in an array, in the JSON of a text among them, or in which array is which."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = list(members)
    name, other = (names[rng.integers(len(names))] for _ in range(2))
    texts = [n for n in names if b"'<U" in members[n][:HEAD]]
    match rng.integers(8):
        case 0:
            members[name], members[other] = members[other], members[name]
        case 1:
            del members[name]
        case 2:
            members[name] = b"not an array"
        case 3:
            members[name] = with_odd_numbers(members[name], rng)
        case 4 | 5 if texts:
            name = texts[rng.integers(len(texts))]
            text = str(np.load(io.BytesIO(members[name])))
            members[name] = npy(np.array(in_json(text.encode(), rng).decode()))
        case _:
            members[name] = in_bytes(members[name], rng)
    return zipped(members, zipfile.ZIP_DEFLATED if rng.random() < 0.2 else zipfile.ZIP_STORED)


def with_odd_numbers(member: bytes, rng: Rng) -> bytes:
    """An array of floats with numbers among them that none should be."""
    array = np.load(io.BytesIO(member)).copy()
    if array.dtype.kind == "f" and array.size:
        array.reshape(-1)[rng.integers(array.size)] = rng.choice([np.nan, np.inf, -np.inf, 3e38, -1, 1e-45])
    return npy(array)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(members: dict[str, bytes], packing: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def in_png(data: bytes, rng: Rng) -> bytes:
    """A fault in one of the chunks of a PNG, whose checksum agrees again; in the bytes where it is none."""
    signature = data[:8]
    if not signature.startswith(b"\x89PNG"):
        return in_bytes(data, rng)
    chunks, start = [], 8
    while start < len(data):
        (length,) = struct.unpack_from(">I", data, start)
        chunks.append((data[start + 4 : start + 8], data[start + 8 : start + 8 + length]))
        start += 12 + length
    number = 0 if rng.random() < 0.5 else int(rng.integers(len(chunks)))
    kind, content = chunks[number]
    chunks[number] = kind, in_bytes(content, rng)
    return signature + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
