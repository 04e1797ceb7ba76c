"""What this machine's processor can do better than the packages that run everywhere."""

import sys
from pathlib import Path

# requirements/argon2.sh builds it: argon2 with AVX2, whose hash costs 0.6 times the CPU.
ARGON2_AVX2 = Path(sys.prefix) / "argon2-avx2"


def prefer_argon2_for(cpuinfo: Path = Path("/proc/cpuinfo"), place: Path = ARGON2_AVX2) -> bool:
    """From now on, argon2 is imported from ``place``, if it was built and the processor has AVX2.

    The wheel stays where there is no such build, or the processor would end the process at its
    first hash. To be called before anything imports argon2.
    """
    wide = (place / "built").exists() and _has_avx2(cpuinfo)
    if wide:
        sys.path.insert(0, str(place))
    return wide


def _has_avx2(cpuinfo: Path) -> bool:
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return "avx2" in flags.split()
