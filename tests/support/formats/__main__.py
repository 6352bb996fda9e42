"""Writes the samples that are not there yet; what is there is never written again."""

import sys

from tests.support.formats.all import SAMPLES


def main() -> int:
    refused = 0
    for sample in SAMPLES:
        if sample.write is None:
            continue
        written = sample.write(sample.value)
        if not sample.path.exists():
            sample.path.parent.mkdir(parents=True, exist_ok=True)
            sample.path.write_bytes(written)
            sys.stdout.write(f"{sample.file}: written\n")
        elif sample.path.read_bytes() != written:
            refused += 1
            sys.stdout.write(f"{sample.file}: stays as it is; a new form needs a new name\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
