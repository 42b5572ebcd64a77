# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sliced digest with sixteen SHA-256 side by side: Intel's libipsec-mb (Debian: libipsec-mb1).

The library has no functions to call but a table of them in a structure of its own, and takes jobs
whose layout is fixed within a version (intel-ipsec-mb.h, `IMB_MGR` and `IMB_JOB`). So only versions
whose layout was read are used, and only after they have given the digests that the standard library
gives. Where it is missing `slices.sliced_digest` does the same on one lane.
"""

import ctypes
import hashlib

from machimori.kernel.slices import LENGTH, SLICES, slice_size, sliced_digest

_LIBRARY = "libIPSec_MB.so.1"
_VERSIONS = range(0x010300, 0x010400)
"""`imb_get_version()`: those whose layout the numbers below are."""
_GET_NEXT_BURST, _SUBMIT_BURST, _FLUSH_BURST = 952, 960, 976
"""Offsets of `IMB_MGR`'s functions."""
_SOURCE, _START, _LENGTH, _TAG, _TAG_LENGTH = 24, 56, 64, 88, 96
_CIPHER, _DIRECTION, _ALGORITHM, _ORDER = 132, 136, 140, 144
"""Offsets of `IMB_JOB`'s members."""
_CONSTANT = {_CIPHER: 3, _DIRECTION: 1, _ALGORITHM: 15, _ORDER: 2}
"""IMB_CIPHER_NULL, IMB_DIR_ENCRYPT, IMB_AUTH_SHA_256, IMB_ORDER_HASH_CIPHER."""
_LONGEST = 65_534
"""Bytes of a job at the most: the lanes count in 16 bits."""
_MAX_BURST = 128
_SAMPLES = (0, 1, 63, 64, 1023, 1024, 1025, 70_001)

_Burst = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
_Job = tuple[ctypes.c_uint64, ctypes.c_uint64]
"""A job's source address and length, in the library's memory."""


class MultiBuffer:
    """Computes `sliced_digest`. One thread may use it."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Raises OSError if the library has nothing for this processor."""
        library.alloc_mb_mgr.restype = ctypes.c_void_p
        library.alloc_mb_mgr.argtypes = (ctypes.c_uint64,)
        library.init_mb_mgr_auto.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        # It stays until the process ends, as the recorder does that uses it.
        self._manager = manager = library.alloc_mb_mgr(0)
        if not manager:
            raise OSError("libipsec-mb gives no manager")
        library.init_mb_mgr_auto(manager, None)

        def function(offset: int) -> "ctypes._FuncPointer":
            address = ctypes.c_uint64.from_address(manager + offset).value
            if not address:
                raise OSError("libipsec-mb has nothing for this processor")
            return _Burst(address)

        self._next = function(_GET_NEXT_BURST)
        self._submit = function(_SUBMIT_BURST)
        self._flush = function(_FLUSH_BURST)
        self._burst = (ctypes.c_uint64 * _MAX_BURST)()
        self._burst_address = ctypes.addressof(self._burst)
        self._digests = bytearray(32 * SLICES)
        self._digests_address = ctypes.addressof(
            (ctypes.c_char * len(self._digests)).from_buffer(self._digests)
        )
        self._jobs: dict[int, tuple[_Job, ...]] = {}
        """Those of a burst by the address of its first: the library goes round in a ring."""

    @classmethod
    def load(cls) -> "MultiBuffer | None":
        """The library, if it is there in a version that is known and it computes what it should."""
        try:
            library = ctypes.CDLL(_LIBRARY)
            if library.imb_get_version() not in _VERSIONS:
                return None
            multibuffer = cls(library)
        except OSError:
            return None
        for length in _SAMPLES:
            content = bytearray(index & 0xFF for index in range(length))
            if multibuffer.digest(content) != sliced_digest(content):
                return None
        return multibuffer

    def digest(self, content: bytes | bytearray | memoryview) -> bytes:
        """`sliced_digest(content)`. What cannot be written to, or is longer than sixteen jobs can
        be, takes the standard library's way."""
        length = len(content)
        size = slice_size(length)
        if not length or size > _LONGEST or isinstance(content, bytes):
            return sliced_digest(content)
        # Keeps the content where it is until the jobs are done.
        start = ctypes.c_char.from_buffer(content)
        burst = self._burst_address
        if self._next(self._manager, SLICES, burst) != SLICES:
            raise RuntimeError("libipsec-mb has no place for a burst")
        jobs = self._jobs.get(self._burst[0]) or self._prepared()
        address = ctypes.addressof(start)
        rest = length
        for source, share in jobs:
            source.value = address
            share.value = size if size < rest else rest
            address += size
            rest -= size if size < rest else rest
        done = self._submit(self._manager, SLICES, burst)
        while done < SLICES:
            flushed = self._flush(self._manager, SLICES - done, burst)
            if not flushed:
                raise RuntimeError("libipsec-mb does not finish a burst")
            done += flushed
        return hashlib.sha256(LENGTH.pack(length) + self._digests).digest()

    def _prepared(self) -> tuple[_Job, ...]:
        """Fill in what is the same each time in jobs that are seen for the first time."""
        found = []
        for place in range(SLICES):
            job = self._burst[place]
            for offset, value in _CONSTANT.items():
                ctypes.c_uint32.from_address(job + offset).value = value
            ctypes.c_uint64.from_address(job + _START).value = 0
            ctypes.c_uint64.from_address(job + _TAG).value = self._digests_address + 32 * place
            ctypes.c_uint64.from_address(job + _TAG_LENGTH).value = 32
            found.append(
                (
                    ctypes.c_uint64.from_address(job + _SOURCE),
                    ctypes.c_uint64.from_address(job + _LENGTH),
                )
            )
        self._jobs[self._burst[0]] = jobs = tuple(found)
        return jobs
